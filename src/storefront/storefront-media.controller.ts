import { Controller, Post, Req } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request } from 'express';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import { MediaResponse } from '../media/dto/media.response.js';
import { UPLOAD_NOTE } from '../media/file-kinds.js';
import { MediaUploads } from '../media/media-uploads.service.js';
import { ApiFilesBody, ApiList } from '../platform/http/api-docs.decorators.js';
import { AcceptsFiles } from '../platform/http/files-body.js';
import { Customer, RequireCustomer } from './customer-access.decorators.js';

const MINUTE_MS = 60_000;
const UPLOADS_PER_MINUTE = 20;

/** Customers upload what they send along; it stays between them and the shop. */
@ApiTags('storefront')
@Controller('api/public')
@Throttle({ default: { limit: UPLOADS_PER_MINUTE, ttl: MINUTE_MS } })
export class StorefrontMediaController {
  constructor(private readonly uploads: MediaUploads) {}

  @Post('orders/:orderId/media')
  @RequireCustomer('order')
  @AcceptsFiles()
  @ApiFilesBody()
  @ApiParam({
    name: 'orderId',
    description: "The order's `id`, not its readable number.",
    example: '6741c0c0a5f2d13b8c9e0005',
  })
  @ApiList(MediaResponse, {
    status: 201,
    summary: 'Store files for the proof of my transfer',
    description: UPLOAD_NOTE,
    errors: ['unauthenticated', 'conflict'],
  })
  async uploadToOrder(
    @Customer() { shopId, subjectId }: CustomerSubject,
    @Req() request: Request,
  ): Promise<MediaResponse[]> {
    const owner = { shopId, subject: `order:${subjectId}`, visibility: 'private' } as const;
    return this.uploads.upload(request, owner);
  }

  @Post('shops/:slugOrId/conversations/:conversationId/media')
  @RequireCustomer('conversation')
  @AcceptsFiles()
  @ApiFilesBody()
  @ApiParam({ name: 'slugOrId', description: 'Address or id of the shop.', example: 'mya-coffee' })
  @ApiParam({
    name: 'conversationId',
    description: 'Id of the conversation.',
    example: '6741c0c0a5f2d13b8c9e0030',
  })
  @ApiList(MediaResponse, {
    status: 201,
    summary: 'Store files to send along in my chat',
    description: UPLOAD_NOTE,
    errors: ['unauthenticated', 'conflict'],
  })
  async uploadToConversation(
    @Customer() { shopId, subjectId }: CustomerSubject,
    @Req() request: Request,
  ): Promise<MediaResponse[]> {
    const owner = { shopId, subject: `conversation:${subjectId}`, visibility: 'private' } as const;
    return this.uploads.upload(request, owner);
  }
}
