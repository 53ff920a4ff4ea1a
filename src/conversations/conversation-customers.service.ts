import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { ERASED_NAME } from '../customers/customer-privacy.service.js';
import {
  type CustomerRecords,
  CustomerRecordsService,
  type ExportedList,
} from '../customers/customer-records.service.js';
import type { CustomerHistoryResponse } from '../customers/dto/customer-history.response.js';
import { DomainEvents } from '../events/domain-events.js';
import { ShopsService } from '../shops/shops.service.js';
import { Conversation } from './conversation.schema.js';
import { ConversationsService } from './conversations.service.js';
import { ConversationResponse } from './dto/conversation.response.js';
import { MessageResponse } from './dto/message.response.js';
import { Message } from './message.schema.js';

const NEWEST = 20;
const BATCH = 100;

/** What a person has left in a conversation beside its messages. */
const PERSONAL = {
  $or: [
    { customerName: { $ne: ERASED_NAME } },
    { lastMessage: { $ne: '' } },
    { notes: { $ne: '' } },
    { 'tags.0': { $exists: true } },
    { 'searchWords.0': { $exists: true } },
  ],
};

/** The conversations of customers: shown, moved, told of and emptied with them. */
@Injectable()
export class ConversationCustomersService implements CustomerRecords, OnModuleInit {
  constructor(
    @InjectModel(Conversation.name) private readonly model: Model<Conversation>,
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly conversations: ConversationsService,
    private readonly shops: ShopsService,
    private readonly records: CustomerRecordsService,
    private readonly events: DomainEvents,
  ) {}

  onModuleInit(): void {
    this.records.register(this);
  }

  async history(shopId: string, customerId: string): Promise<Partial<CustomerHistoryResponse>> {
    const page = await this.conversations.list(shopId, { limit: NEWEST, customerId });
    return {
      conversations: page.items.map((thread) => {
        const { id, channel, status, lastMessage, lastMessageAt } =
          ConversationResponse.from(thread);
        return { id, channel, status, lastMessage, lastMessageAt };
      }),
      nextConversationsCursor: page.nextCursor,
    };
  }

  async moveTo(shopId: string, fromId: string, intoId: string): Promise<void> {
    const isTheirs = { customerId: new Types.ObjectId(fromId) };
    await this.changeAll(shopId, isTheirs, { customerId: new Types.ObjectId(intoId) });
  }

  async erase(shopId: string, customerId: string): Promise<void> {
    // Each one's messages, also those of an erased one: another may have been on its way there.
    for await (const conversation of this.cursorOf(shopId, customerId)) {
      await this.eraseMessages(shopId, conversation);
    }
    const isPersonal = { customerId: new Types.ObjectId(customerId), ...PERSONAL };
    await this.changeAll(shopId, isPersonal, {
      customerName: ERASED_NAME,
      lastMessage: '',
      notes: '',
      tags: [],
      nameWords: [],
      searchWords: [],
    });
  }

  export(shopId: string, customerId: string): ExportedList[] {
    return [
      { name: 'conversations', rows: this.conversationsOf(shopId, customerId) },
      { name: 'messages', rows: this.messagesOf(shopId, customerId) },
    ];
  }

  /** All under one number: for who syncs, they have changed. */
  private async eraseMessages(shopId: string, { _id }: Conversation): Promise<void> {
    const hasContent = { $or: [{ text: { $ne: '' } }, { attachment: { $ne: null } }] };
    const isPersonal = { shopId, conversationId: _id, ...hasContent };
    if (!(await this.messages.exists(isPersonal))) return;
    const seq = await this.shops.nextSeq(shopId);
    await this.messages.updateMany(isPersonal, { $set: { text: '', attachment: null, seq } });
  }

  private async *conversationsOf(shopId: string, customerId: string): AsyncIterable<object> {
    for await (const conversation of this.cursorOf(shopId, customerId)) {
      const { messages: _, ...alone } = ConversationResponse.from({ conversation, messages: [] });
      yield alone;
    }
  }

  private async *messagesOf(shopId: string, customerId: string): AsyncIterable<object> {
    for await (const { _id } of this.cursorOf(shopId, customerId)) {
      yield* this.messagesIn(shopId, _id);
    }
  }

  /** Page by page, and not by a cursor: so the addresses of their files are signed. */
  private async *messagesIn(
    shopId: string,
    conversationId: Types.ObjectId,
  ): AsyncIterable<MessageResponse> {
    for (let below = Number.MAX_SAFE_INTEGER; ;) {
      const rows = await this.messages
        .find({ shopId, conversationId, messageNumber: { $lt: below } })
        .sort({ messageNumber: -1 })
        .limit(BATCH)
        .lean();
      yield* rows.map((message) => MessageResponse.from(message));
      if (rows.length < BATCH) return;
      below = rows.at(-1)!.messageNumber;
    }
  }

  private cursorOf(shopId: string, customerId: string): AsyncIterable<Conversation> {
    return this.model
      .find({ shopId, customerId })
      .sort({ lastMessageAt: -1, _id: -1 })
      .lean()
      .cursor({ batchSize: BATCH });
  }

  /** Changes each conversation that `filter` finds until it finds none; each is told of. */
  private async changeAll(
    shopId: string,
    filter: { customerId: Types.ObjectId },
    changes: Partial<Conversation>,
  ): Promise<void> {
    for (;;) {
      const found = await this.model
        .find({ shopId, ...filter })
        .limit(BATCH)
        .lean();
      for (const { _id } of found) {
        const changed = await this.conversations.changeInOrder(
          shopId,
          _id.toHexString(),
          literal(changes),
          filter,
        );
        if (!changed) continue;
        const thread = { conversation: changed, messages: [] };
        const shown = ConversationResponse.from(thread);
        this.events.emit('conversation.updated', { shopId, conversation: shown });
      }
      if (found.length < BATCH) return;
    }
  }
}

/** As they are, whatever they look like to an update pipeline. */
function literal(changes: Partial<Conversation>): object {
  return Object.fromEntries(
    Object.entries(changes).map(([field, value]) => [field, { $literal: value }]),
  );
}
