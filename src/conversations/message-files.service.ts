import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { KeptFiles } from '../media/kept-files.service.js';
import { MediaLinks } from '../media/media-links.service.js';
import { FileKeeper } from '../platform/files/file-keeper.js';
import { type Attachment, Message, type Sender } from './message.schema.js';

/** What of a message says which file goes with it. */
interface Attaching {
  attachment?: Attachment | null;
  sender: Sender;
}

/** The files that messages carry: kept before the message, signed for who reads it. */
@Injectable()
export class MessageFilesService implements OnModuleInit {
  constructor(
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly files: KeptFiles,
    private readonly links: MediaLinks,
    private readonly keeper: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.keeper.addReferences(async (fileIds) => {
      const carried = { 'attachment.fileId': { $in: fileIds, $exists: true } };
      const found = await this.messages
        .find(carried, { 'attachment.fileId': 1 })
        .setOptions({ acrossShops: true })
        .lean<{ attachment: { fileId: string } }[]>();
      return found.map(({ attachment }) => attachment.fileId);
    });
  }

  /** Before anything is written: a customer sends their own files, the team any of the shop. */
  async keep(
    shopId: string,
    conversationId: string,
    { attachment, sender }: Attaching,
  ): Promise<Attachment | null> {
    if (!attachment) return null;
    const subject = sender === 'user' ? `conversation:${conversationId}` : undefined;
    const from = { shopId, subject };
    const kept = await this.files.keepAttachment(attachment.url, from, 'attachment.url');
    const { url, fileId, kind } = kept;
    const { type, name } = attachment;
    return { type: kind ?? type, url, name, ...(fileId ? { fileId } : {}) };
  }

  /** As it is told, with an address of its file that opens it for a while. */
  signed(message: Message): Message {
    return this.links.signAttachment(message);
  }
}
