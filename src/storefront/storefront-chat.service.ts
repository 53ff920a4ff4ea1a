import { Injectable } from '@nestjs/common';
import { CustomerTokens } from '../auth/customer-tokens.service.js';
import { ConversationsService } from '../conversations/conversations.service.js';
import type { Thread } from '../conversations/thread.js';
import { MessagesService } from '../conversations/messages.service.js';
import { ShopsService } from '../shops/shops.service.js';
import type { StartConversationDto } from './dto/start-conversation.dto.js';

export interface StartedConversation {
  thread: Thread;
  token: string;
}

/** Opens the web chat of somebody without an account. */
@Injectable()
export class StorefrontChatService {
  constructor(
    private readonly shops: ShopsService,
    private readonly conversations: ConversationsService,
    private readonly messages: MessagesService,
    private readonly tokens: CustomerTokens,
  ) {}

  async start(
    slugOrId: string,
    { text, ...customer }: StartConversationDto,
  ): Promise<StartedConversation> {
    const shop = await this.shops.getBySlugOrId(slugOrId);
    const shopId = shop._id.toHexString();
    const { conversation } = await this.conversations.create(shopId, customer);
    const conversationId = conversation._id.toHexString();
    const thread = await this.messages.send(shopId, conversationId, { sender: 'user', text });
    const token = await this.tokens.sign({
      kind: 'conversation',
      shopId,
      subjectId: conversationId,
    });
    return { thread, token };
  }
}
