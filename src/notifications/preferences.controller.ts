import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { CurrentMember, RequirePermission } from '../shops/shop-access.decorators.js';
import type { Membership } from '../shops/shops.service.js';
import { PreferencesResponse } from './dto/preferences.response.js';
import { UpdatePreferencesDto } from './dto/update-preferences.dto.js';
import { PreferencesService } from './preferences.service.js';

@ApiTags('notifications')
@Controller('api/shops/:shopId/notification-preferences')
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  @Get()
  @RequirePermission('notifications:own')
  @ApiAnswer(PreferencesResponse, { summary: 'What you are told in this shop, and how' })
  async get(@CurrentMember() member: Membership): Promise<PreferencesResponse> {
    return PreferencesResponse.from(await this.preferences.get(member));
  }

  @Put()
  @RequirePermission('notifications:own')
  @ApiAnswer(PreferencesResponse, {
    summary: 'Choose what you are told in this shop, and how',
    description: 'What is not named stays as it is.',
  })
  async update(
    @CurrentMember() member: Membership,
    @Body() body: UpdatePreferencesDto,
  ): Promise<PreferencesResponse> {
    return PreferencesResponse.from(await this.preferences.update(member, body));
  }
}
