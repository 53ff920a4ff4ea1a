import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, type QueryFilter, Types } from 'mongoose';
import { CustomersService } from '../customers/customers.service.js';
import { DomainEvents } from '../events/domain-events.js';
import { type ChangeRange, changedIn } from '../platform/database/change-range.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { Flights } from '../platform/database/flights.js';
import { searchFilter, searchWordsOf } from '../platform/database/search-words.js';
import { Turns } from '../platform/database/turns.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import { ShopsService } from '../shops/shops.service.js';
import { openSince } from './chat-retention.js';
import { Conversation } from './conversation.schema.js';
import type { CreateConversationDto } from './dto/create-conversation.dto.js';
import { ConversationResponse } from './dto/conversation.response.js';
import { type ListConversationsQuery, NOBODY } from './dto/list-conversations.query.js';
import { changesBy, changesByStored, type NumberedMessage } from './message-effects.js';
import { Message } from './message.schema.js';
import type { Thread } from './thread.js';

/** So many messages a conversation shows. */
export const NEWEST_MESSAGES = 50;
/** How often a change that others overtake takes another number. */
const ATTEMPTS = 100;

@Injectable()
export class ConversationsService {
  private readonly lists = new Flights<Page<Thread>>();
  private readonly turns = new Turns();

  constructor(
    @InjectModel(Conversation.name) private readonly conversations: Model<Conversation>,
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly shops: ShopsService,
    private readonly customers: CustomersService,
    private readonly events: DomainEvents,
  ) {}

  /**
   * With a phone or an e-mail it is a known customer's.
   * @param operationId names what is done: done again, it answers the same conversation
   */
  async create(shopId: string, dto: CreateConversationDto, operationId?: string): Promise<Thread> {
    try {
      return await this.insert(shopId, dto, new Types.ObjectId(operationId));
    } catch (error) {
      if (!operationId || !isDuplicateKey(error)) throw error;
      return this.get(shopId, operationId);
    }
  }

  /** Newest activity first, each with its last message. */
  async list(shopId: string, query: ListConversationsQuery): Promise<Page<Thread>> {
    // All tabs of a team ask for the same list when they hear of a change: one read answers them.
    return this.lists.share(JSON.stringify([shopId, query]), () => this.readList(shopId, query));
  }

  /** @param upTo the number of the last message to show; the newest without it */
  async get(shopId: string, conversationId: string, upTo?: number): Promise<Thread> {
    const conversation = await this.conversations.findOne({ shopId, _id: conversationId }).lean();
    if (!conversation) throw AppError.notFound('conversation');
    return this.threadOf(conversation, upTo);
  }

  /** @param upTo the number of the last message to show; the newest without it */
  async threadOf(conversation: Conversation, upTo?: number): Promise<Thread> {
    return { conversation, messages: await this.newestMessages(conversation, upTo) };
  }

  /** Those that have changed since a number, in its order; the newest where there are too many. */
  async listChanged(shopId: string, range: ChangeRange): Promise<Conversation[]> {
    const newest = await this.conversations
      .find({ shopId, ...changedIn(range, 'updatedAt') })
      .sort({ seq: -1 })
      .limit(range.limit)
      .lean();
    return newest.reverse();
  }

  /** Those of `conversationIds` that are there. */
  async listByIds(shopId: string, conversationIds: string[]): Promise<Conversation[]> {
    return this.conversations
      .find({ shopId, _id: { $in: conversationIds } })
      .limit(conversationIds.length)
      .lean();
  }

  /** Those of `conversationIds` that are open to their customers, whatever their shop. */
  async listOpenIds(conversationIds: string[], now: Date): Promise<Set<string>> {
    const found = await this.conversations
      .find({ _id: { $in: conversationIds }, lastMessageAt: { $gt: openSince(now) } }, { _id: 1 })
      .setOptions({ acrossShops: true })
      .lean();
    return new Set(found.map(({ _id }) => _id.toHexString()));
  }

  /** @throws AppError 404, or `unauthenticated` once it is closed to its customer for good */
  async requireOpen(shopId: string, conversationId: string, now: Date): Promise<void> {
    const found = await this.conversations
      .findOne({ shopId, _id: conversationId }, { lastMessageAt: 1 })
      .lean();
    if (!found) throw AppError.notFound('conversation');
    if (found.lastMessageAt > openSince(now)) return;
    throw new AppError(
      'unauthenticated',
      'This chat has ended, long after its last message: start a new one in the shop.',
    );
  }

  async require(shopId: string, conversationId: string): Promise<void> {
    const known = await this.conversations.exists({ shopId, _id: conversationId });
    if (!known) throw AppError.notFound('conversation');
  }

  /**
   * Takes the conversation's next number for `message` and shows it in the inbox, in one step. A
   * customer's message makes the conversation unread and opens a closed one, an answer makes it read;
   * a note shows nowhere.
   * @param condition what must hold of the conversation
   * @returns the conversation as it is then: `messageCount` is the message's number; null when
   *   `condition` does not hold
   */
  async takeNumber(
    shopId: string,
    conversationId: string,
    message: NumberedMessage,
    condition: QueryFilter<Conversation>,
  ): Promise<Conversation | null> {
    const changes = (seq: number) => changesBy(message, seq);
    return this.changeInOrder(shopId, conversationId, changes, condition);
  }

  /**
   * Takes back the number that `taken` shows, whose message was not stored: the conversation shows
   * again what is.
   * @param newest what is stored, newest first
   * @returns null when a number was taken since
   */
  async takeBackNumber(taken: Conversation, newest: Message[]): Promise<Conversation | null> {
    const { shopId, _id, takenSeq, readNumber } = taken;
    return this.changeInOrder(
      shopId.toHexString(),
      _id.toHexString(),
      changesByStored(newest, readNumber ?? 0),
      { takenSeq },
    );
  }

  /**
   * Changes a conversation under a number of the shop that is above all it had, so that no two of its
   * states have one number: a change that was overtaken after it took its number takes another.
   * @param changes in the terms of an update pipeline
   * @param condition what must hold of the conversation
   * @returns null when `condition` does not hold
   */
  async changeInOrder(
    shopId: string,
    conversationId: string,
    changes: object | ((seq: number) => object),
    condition: QueryFilter<Conversation> = {},
  ): Promise<Conversation | null> {
    return this.turns.take(conversationId, () =>
      this.tryInOrder(shopId, conversationId, changes, condition),
    );
  }

  private async insert(
    shopId: string,
    { customerName, channel, phone, email }: CreateConversationDto,
    _id: Types.ObjectId,
  ): Promise<Thread> {
    const contact = { name: customerName, phone, email };
    const customer = await this.customers.findOrCreate(shopId, contact);
    const seq = await this.shops.nextSeq(shopId);
    const created = await this.conversations.create({
      _id,
      shopId: new Types.ObjectId(shopId),
      seq,
      customerName: customerName.trim(),
      customerId: customer?._id ?? null,
      nameWords: searchWordsOf([customerName]),
      searchWords: searchWordsOf([customerName]),
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

  private async tryInOrder(
    shopId: string,
    conversationId: string,
    changes: object | ((seq: number) => object),
    condition: QueryFilter<Conversation>,
  ): Promise<Conversation | null> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const seq = await this.shops.nextSeq(shopId);
      const changed = await this.conversations
        .findOneAndUpdate(
          { shopId, _id: conversationId, ...condition, seq: { $lt: seq } },
          [{ $set: { ...(typeof changes === 'function' ? changes(seq) : changes), seq } }],
          { returnDocument: 'after', updatePipeline: true },
        )
        .lean();
      if (changed) return changed;
      await this.require(shopId, conversationId);
      const holds = await this.conversations.exists({ shopId, _id: conversationId, ...condition });
      if (!holds) return null;
    }
    throw AppError.conflict('conflict', 'Others change this conversation too fast: try again.');
  }

  private async readList(shopId: string, query: ListConversationsQuery): Promise<Page<Thread>> {
    const { limit, cursor } = query;
    const filter = filterOf(query);
    if (!filter) return new Page<Thread>([], null);
    const rows = await this.conversations
      .find(
        { shopId, ...filter, ...(cursor ? olderThan(cursor) : {}) },
        { searchWords: 0, nameWords: 0 },
      )
      .sort({ lastMessageAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean<Conversation[]>();
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

/** Undefined when nothing can match. */
function filterOf(query: ListConversationsQuery): QueryFilter<Conversation> | undefined {
  const { status, channel, assigneeId, unread, tag, customerId, q } = query;
  const found = q ? searchFilter(q) : {};
  if (!found) return undefined;
  return {
    ...found,
    ...(status ? { status } : {}),
    ...(channel ? { channel } : {}),
    ...(assigneeId ? { assigneeId: assigneeId === NOBODY ? null : assigneeId } : {}),
    ...(unread === undefined || unread === null ? {} : { isRead: !unread }),
    ...(tag ? { tags: tag } : {}),
    ...(customerId ? { customerId } : {}),
  };
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
