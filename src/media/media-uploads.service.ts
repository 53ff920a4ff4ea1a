import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { MediaResponse } from './dto/media.response.js';
import { IncomingFiles } from './incoming-files.service.js';
import { KeptFiles } from './kept-files.service.js';
import { MediaLinks } from './media-links.service.js';
import type { MediaOwner } from './media-owner.js';
import { MediaRoom } from './media-room.service.js';
import { MediaService } from './media.service.js';
import { receiveFiles } from './multipart-files.js';

/** Takes the files of a request in. */
@Injectable()
export class MediaUploads {
  constructor(
    private readonly media: MediaService,
    private readonly room: MediaRoom,
    private readonly incoming: IncomingFiles,
    private readonly kept: KeptFiles,
    private readonly links: MediaLinks,
  ) {}

  /** All of them or an error; what was stored before it is not given out, and goes by itself. */
  async upload(request: Request, owner: MediaOwner): Promise<MediaResponse[]> {
    // How much is new is known when it has come: the same content again needs no room.
    await this.room.require(owner, 0);
    const received = await receiveFiles(request, this.incoming);
    try {
      const answers: MediaResponse[] = [];
      for (const [index, one] of received.entries()) {
        const file = await this.media.store(owner, one, `files.${index}`);
        const url = this.links.sign(this.kept.urlOf(file));
        answers.push(MediaResponse.from(file, url));
      }
      return answers;
    } finally {
      await this.incoming.discard(received.map(({ path }) => path));
    }
  }
}
