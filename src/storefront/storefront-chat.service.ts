import { Injectable } from '@nestjs/common';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import { ConversationsService } from '../conversations/conversations.service.js';
import type { Thread } from '../conversations/thread.js';
import type { Message } from '../conversations/message.schema.js';
import { MessagesService } from '../conversations/messages.service.js';
import { KeptFiles } from '../media/kept-files.service.js';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import type { CustomerAttachmentDto } from './dto/customer-attachment.dto.js';
import type { SendCustomerMessageDto } from './dto/send-customer-message.dto.js';
import type { StartConversationDto } from './dto/start-conversation.dto.js';

/** Opens the web chat of somebody without an account. */
@Injectable()
export class StorefrontChatService {
  constructor(
    private readonly shops: ShopsService,
    private readonly conversations: ConversationsService,
    private readonly messages: MessagesService,
    private readonly files: KeptFiles,
  ) {}

  /** @param operationId names what is done: done again, it answers the same chat */
  async start(
    slugOrId: string,
    { text, ...customer }: StartConversationDto,
    operationId?: string,
  ): Promise<Thread> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    const shopId = shop._id.toHexString();
    const { conversation } = await this.conversations.create(shopId, customer, operationId);
    const message = { sender: 'user', text, clientMessageId: operationId } as const;
    return this.messages.send(shopId, conversation._id.toHexString(), message);
  }

  /** A customer sends along what they have uploaded, and no address of elsewhere. */
  async send(
    { shopId, subjectId }: CustomerSubject,
    { attachment, ...message }: SendCustomerMessageDto,
  ): Promise<Message> {
    const kept = attachment && (await this.keep(shopId, subjectId, attachment));
    const sent = { ...message, sender: 'user', attachment: kept } as const;
    return this.messages.append(shopId, subjectId, sent);
  }

  private async keep(shopId: string, conversationId: string, { url, name }: CustomerAttachmentDto) {
    const sender = { shopId, subject: `conversation:${conversationId}` };
    const kept = await this.files.keepAttachment(url, sender, 'attachment.url');
    if (kept.kind) return { type: kept.kind, url: kept.url, name };
    const message = 'attachment.url must be a file sent along, or uploaded to this chat';
    throw AppError.validation([{ field: 'attachment.url', message }]);
  }
}
