import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { ShopsService } from '../shops/shops.service.js';
import { Conversation } from './conversation.schema.js';
import type { CreateConversationDto } from './dto/create-conversation.dto.js';
import { ConversationResponse } from './dto/conversation.response.js';
import type { ListConversationsQuery } from './dto/list-conversations.query.js';
import { Message } from './message.schema.js';
import type { Thread } from './thread.js';

const NEWEST_MESSAGES = 50;
const EXCERPT_CHARACTERS = 200;

@Injectable()
export class ConversationsService {
  constructor(
    @InjectModel(Conversation.name) private readonly conversations: Model<Conversation>,
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly shops: ShopsService,
    private readonly events: DomainEvents,
  ) {}

  async create(shopId: string, { customerName, channel }: CreateConversationDto): Promise<Thread> {
    const seq = await this.shops.nextSeq(shopId);
    const created = await this.conversations.create({
      shopId: new Types.ObjectId(shopId),
      seq,
      customerName: customerName.trim(),
      channel: channel ?? 'web',
      lastMessageAt: new Date(),
    });
    const thread = { conversation: created.toObject(), messages: [] };
    this.events.emit('conversation.updated', {
      shopId,
      conversation: ConversationResponse.from(thread),
    });
    return thread;
  }

  /** Newest activity first, each with its last message. */
  async list(shopId: string, { limit, cursor }: ListConversationsQuery): Promise<Page<Thread>> {
    const rows = await this.conversations
      .find({ shopId, ...(cursor ? olderThan(cursor) : {}) })
      .sort({ lastMessageAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean();
    const page = Page.of(rows, limit, ({ lastMessageAt, _id }) => ({
      at: lastMessageAt.getTime(),
      id: _id.toHexString(),
    }));
    const last = await this.lastMessagesOf(shopId, page.items);
    return page.map((conversation) => {
      const message = last.get(String(conversation.lastMessageId));
      return { conversation, messages: message ? [message] : [] };
    });
  }

  /** @param upTo the number of the last message to show; the newest without it */
  async get(shopId: string, conversationId: string, upTo?: number): Promise<Thread> {
    const conversation = await this.conversations.findOne({ shopId, _id: conversationId }).lean();
    if (!conversation) throw AppError.notFound('conversation');
    return { conversation, messages: await this.newestMessages(conversation, upTo) };
  }

  async require(shopId: string, conversationId: string): Promise<void> {
    const known = await this.conversations.exists({ shopId, _id: conversationId });
    if (!known) throw AppError.notFound('conversation');
  }

  /**
   * Takes the conversation's next number for `message` and shows it in the inbox, in one step. A
   * customer's message makes the conversation unread and opens a closed one; a note shows nowhere.
   * @returns the conversation as it is then: `messageCount` is the message's number
   */
  async takeNumber(
    shopId: string,
    conversationId: string,
    message: Pick<
      Message,
      '_id' | 'seq' | 'sender' | 'text' | 'timestamp' | 'attachment' | 'isNote'
    >,
  ): Promise<Conversation> {
    const shown = {
      // Text beginning with a dollar sign would be read as the name of a field.
      lastMessage: { $literal: excerpt(message) },
      lastMessageId: message._id,
      lastMessageAt: { $max: ['$lastMessageAt', message.timestamp] },
    };
    const fromCustomer = {
      isRead: false,
      status: { $cond: [{ $eq: ['$status', 'closed'] }, 'open', '$status'] },
    };
    const conversation = await this.conversations
      .findOneAndUpdate(
        { shopId, _id: conversationId },
        [
          {
            $set: {
              messageCount: { $add: ['$messageCount', 1] },
              seq: { $max: ['$seq', message.seq] },
              ...(message.isNote ? {} : shown),
              ...(message.sender === 'user' ? fromCustomer : {}),
            },
          },
        ],
        { returnDocument: 'after', updatePipeline: true },
      )
      .lean();
    if (!conversation) throw AppError.notFound('conversation');
    return conversation;
  }

  private async newestMessages({ shopId, _id }: Conversation, upTo?: number): Promise<Message[]> {
    const newest = await this.messages
      .find({
        shopId,
        conversationId: _id,
        ...(upTo === undefined ? {} : { messageNumber: { $lte: upTo } }),
      })
      .sort({ messageNumber: -1 })
      .limit(NEWEST_MESSAGES)
      .lean();
    return newest.reverse();
  }

  private async lastMessagesOf(
    shopId: string,
    conversations: Conversation[],
  ): Promise<Map<string, Message>> {
    const ids = conversations.flatMap(({ lastMessageId }) => lastMessageId ?? []);
    const messages = await this.messages
      .find({ shopId, _id: { $in: ids } })
      .limit(ids.length)
      .lean();
    return new Map(messages.map((message) => [message._id.toHexString(), message]));
  }
}

function olderThan(cursor: string): object {
  const { at, id } = decodeCursor(cursor);
  const lastMessageAt = new Date(at);
  return {
    lastMessageAt: { $lte: lastMessageAt },
    $or: [
      { lastMessageAt: { $lt: lastMessageAt } },
      { lastMessageAt, _id: { $lt: new Types.ObjectId(id) } },
    ],
  };
}

function excerpt({ text, attachment }: Pick<Message, 'text' | 'attachment'>): string {
  const words = text || attachment?.name || attachment?.type || '';
  // A cut inside an emoji would leave half of it.
  return words.slice(0, EXCERPT_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}
