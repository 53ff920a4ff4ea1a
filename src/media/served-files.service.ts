import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '../platform/http/app-error.js';
import { MediaLinks } from './media-links.service.js';
import { keyOfRequest, pathOf } from './media-paths.js';
import { MediaService } from './media.service.js';
import { serveFile } from './serve-file.js';
import { MediaStorage } from './storage/storage.js';

interface Exchange {
  request: Request;
  response: Response;
}

/** Gives stored files out. */
@Injectable()
export class ServedFiles {
  constructor(
    private readonly storage: MediaStorage,
    private readonly media: MediaService,
    private readonly links: MediaLinks,
  ) {}

  /** Without a look at the database: that there is such a file is all that matters. */
  async servePublic(exchange: Exchange, fileId: string, name: string): Promise<void> {
    const key = keyOfRequest({ visibility: 'public', fileId }, name);
    if (!key) throw AppError.notFound('file');
    const cacheControl = 'public, max-age=31536000, immutable';
    await serveFile(exchange, this.storage, { key, cacheControl });
  }

  async servePrivate(
    exchange: Exchange,
    {
      fileId,
      name,
      expires,
      signature,
    }: Record<'fileId' | 'name' | 'expires' | 'signature', string>,
  ): Promise<void> {
    const named = { visibility: 'private', fileId } as const;
    const key = keyOfRequest(named, name);
    if (!key) throw AppError.notFound('file');
    const left = this.links.verify(pathOf(named, name), expires, signature);
    const file = await this.media.getPrivate(fileId);
    const cacheControl = `private, max-age=${left}`;
    await serveFile(exchange, this.storage, { key, cacheControl, name: file.name });
  }
}
