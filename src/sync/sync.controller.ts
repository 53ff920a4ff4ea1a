import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { CurrentMember, RequirePermission } from '../shops/shop-access.decorators.js';
import type { Membership } from '../shops/shops.service.js';
import { ChangesQuery } from './dto/changes.query.js';
import { ChangesResponse } from './dto/changes.response.js';
import { SyncService } from './sync.service.js';

@ApiTags('sync')
@Controller('api/shops/:shopId/changes')
export class SyncController {
  constructor(private readonly sync: SyncService) {}

  @Get()
  @RequirePermission('changes:read')
  @ApiAnswer(ChangesResponse, {
    summary: 'Everything of a shop that is newer than a number',
    description:
      'Keep the highest `seq` of what you read and what the sockets told you, and pass it after a ' +
      'gap. Each document comes once, as it is now. Some of what you have comes again: drop what ' +
      'you know by `id` and `seq`.',
  })
  async changes(
    @CurrentMember() member: Membership,
    @Query() { since }: ChangesQuery,
  ): Promise<ChangesResponse> {
    const from = await this.sync.resumeFrom(member.shopId, since);
    return this.sync.changesSince(member, from, new Date());
  }
}
