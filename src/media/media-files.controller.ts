import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { Public } from '../platform/http/access.decorators.js';
import { ApiFileAnswer } from '../platform/http/api-docs.decorators.js';
import { PrivateFileQuery } from './dto/private-file.query.js';
import { FILE_TYPES } from './file-kinds.js';
import { ServedFiles } from './served-files.service.js';

const MINUTE_MS = 60_000;
/** A page of a catalogue shows hundreds. */
const FILES_PER_MINUTE = 6_000;
const TYPES = Object.keys(FILE_TYPES);
const FILE_ID = {
  name: 'fileId',
  description: 'Id of the file.',
  example: '6741c0c0a5f2d13b8c9e0041',
};
const NAME = {
  name: 'name',
  description: 'Digest of the content, and what it is.',
  example: '0f343b0931126a20f133d67c2b018a3b.jpg',
};

@ApiTags('media')
@Controller('media')
@Throttle({ default: { limit: FILES_PER_MINUTE, ttl: MINUTE_MS } })
export class MediaFilesController {
  constructor(private readonly files: ServedFiles) {}

  @Get(':fileId/:name')
  @Public()
  @ApiParam(FILE_ID)
  @ApiParam(NAME)
  @ApiFileAnswer(TYPES, {
    summary: 'A public file',
    description: 'May be kept for ever; takes ranges.',
    errors: ['range_not_satisfiable'],
  })
  async getPublic(
    @Param() { fileId, name }: Record<'fileId' | 'name', string>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.files.servePublic({ request, response }, fileId, name);
  }

  @Get('private/:fileId/:name')
  @Public()
  @ApiParam(FILE_ID)
  @ApiParam(NAME)
  @ApiFileAnswer(TYPES, {
    summary: 'A private file, by an address that an answer has given',
    description: 'The address is good for some minutes: read again what shows it, for a new one.',
    errors: ['link_expired', 'range_not_satisfiable'],
  })
  async getPrivate(
    @Param() { fileId, name }: Record<'fileId' | 'name', string>,
    @Query() query: PrivateFileQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.files.servePrivate({ request, response }, { fileId, name, ...query });
  }
}
