import { Controller, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ApiFilesBody, ApiList } from '../platform/http/api-docs.decorators.js';
import { AcceptsFiles } from '../platform/http/files-body.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { MediaResponse } from './dto/media.response.js';
import { UploadQuery } from './dto/upload.query.js';
import { UPLOAD_NOTE } from './file-kinds.js';
import { MediaUploads } from './media-uploads.service.js';

@ApiTags('media')
@Controller('api/shops/:shopId/media')
export class MediaController {
  constructor(private readonly uploads: MediaUploads) {}

  @Post()
  @RequirePermission('media:write')
  @AcceptsFiles()
  @ApiFilesBody()
  @ApiList(MediaResponse, {
    status: 201,
    summary: 'Store files: pictures, videos, PDF',
    description: UPLOAD_NOTE,
    errors: ['conflict'],
  })
  async upload(
    @ShopId() shopId: string,
    @Query() { visibility = 'public' }: UploadQuery,
    @Req() request: Request,
  ): Promise<MediaResponse[]> {
    return this.uploads.upload(request, { shopId, visibility });
  }
}
