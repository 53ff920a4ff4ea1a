import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { CustomersService } from '../customers/customers.service.js';
import { DomainEvents } from '../events/domain-events.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import { assignmentOf } from './conversation-assignment.js';
import { Conversation } from './conversation.schema.js';
import { ConversationsService } from './conversations.service.js';
import { ConversationResponse } from './dto/conversation.response.js';
import type { UnreadResponse } from './dto/unread.response.js';
import type { UpdateConversationDto } from './dto/update-conversation.dto.js';
import type { Thread } from './thread.js';

const MAX_COUNTED = 1_000;

/** What the team does with conversations: assigns, tags, closes, reads. */
@Injectable()
export class ConversationUpdatesService {
  constructor(
    @InjectModel(Conversation.name) private readonly model: Model<Conversation>,
    private readonly conversations: ConversationsService,
    private readonly shops: ShopsService,
    private readonly customers: CustomersService,
    private readonly events: DomainEvents,
  ) {}

  /** Changes what is given, in one step. */
  async update(
    shopId: string,
    { conversationId, by }: { conversationId: string; by: string },
    dto: UpdateConversationDto,
  ): Promise<Thread> {
    const before = await this.model.findOne({ shopId, _id: conversationId }, { status: 1 }).lean();
    if (!before) throw AppError.notFound('conversation');
    if (dto.assigneeId) await this.requireMember(shopId, dto.assigneeId);
    const customerId = dto.customerId && (await this.requireCustomer(shopId, dto.customerId));
    const changes = { ...changesOf(dto), ...(customerId === undefined ? {} : { customerId }) };
    const changed = await this.conversations.changeInOrder(shopId, conversationId, (seq) => ({
      ...changes,
      ...assignmentBy(dto, by, seq),
    }));
    if (!changed) throw AppError.notFound('conversation');
    const thread = { conversation: changed, messages: [] };
    this.events.emit('conversation.updated', {
      shopId,
      conversation: ConversationResponse.from(thread),
      // The app sends the whole conversation, whatever it changes.
      hasNewStatus: Boolean(dto.status) && changed.status !== before.status,
      assignment: assignmentOf(changed, changed.seq - 1),
    });
    return this.conversations.get(shopId, conversationId);
  }

  /** Counts no further than a person would. */
  async countUnread(shopId: string): Promise<UnreadResponse> {
    const [counted] = await this.model.aggregate<UnreadResponse>([
      { $match: { shopId: new Types.ObjectId(shopId), isRead: false } },
      { $sort: { lastMessageAt: -1, _id: -1 } },
      { $limit: MAX_COUNTED },
      { $group: { _id: null, conversations: { $sum: 1 }, messages: { $sum: '$unreadCount' } } },
    ]);
    return { conversations: counted?.conversations ?? 0, messages: counted?.messages ?? 0 };
  }

  /** Whom a merged one has become. */
  private async requireCustomer(shopId: string, customerId: string): Promise<Types.ObjectId> {
    const customer = await this.customers.find(shopId, customerId);
    if (customer) return customer._id;
    const message = 'customerId must be a customer of this shop';
    throw AppError.validation([{ field: 'customerId', message }]);
  }

  private async requireMember(shopId: string, userId: string): Promise<void> {
    if (await this.shops.findMembership(shopId, userId.toLowerCase())) return;
    const message = 'assigneeId must be a member of this shop';
    throw AppError.validation([{ field: 'assigneeId', message }]);
  }
}

/** In the terms of an update pipeline: texts are literals, or a dollar sign would name a field. */
function changesOf(dto: UpdateConversationDto): Record<string, unknown> {
  const { customerName, status, assigneeId, tags, notes, isAiActive } = dto;
  const name = customerName?.trim();
  const nameWords = searchWordsOf([name]);
  return {
    ...(name ? { customerName: { $literal: name }, nameWords, searchWords: nameWords } : {}),
    ...(status ? { status } : {}),
    ...(assigneeId === undefined
      ? {}
      : { assigneeId: assigneeId && new Types.ObjectId(assigneeId) }),
    ...(tags ? { tags: { $literal: [...new Set(tags.map((tag) => tag.trim()))] } } : {}),
    ...((notes ?? undefined) === undefined ? {} : { notes: { $literal: notes } }),
    ...((isAiActive ?? undefined) === undefined ? {} : { isAiActive }),
    ...readChanges(dto),
  };
}

/** Noted where another is chosen: a screen that sends the whole conversation again assigns nobody. */
function assignmentBy({ assigneeId }: UpdateConversationDto, by: string, seq: number): object {
  if (assigneeId === undefined) return {};
  const isOther = { $ne: ['$assigneeId', assigneeId && new Types.ObjectId(assigneeId)] };
  return {
    assignedSeq: { $cond: [isOther, seq, '$assignedSeq'] },
    assignedBy: { $cond: [isOther, new Types.ObjectId(by), '$assignedBy'] },
  };
}

/** What the customer wrote after the message that was seen last stays unread. */
function readChanges({ isRead, readUpTo }: UpdateConversationDto): Record<string, unknown> {
  if (isRead === false) {
    return { isRead: false, unreadCount: { $max: [{ $ifNull: ['$unreadCount', 0] }, 1] } };
  }
  if (!isRead) return {};
  if ((readUpTo ?? undefined) === undefined) {
    return { isRead: true, unreadCount: 0, readNumber: '$lastCustomerMessageNumber' };
  }
  const isSeen = { $lte: [{ $ifNull: ['$lastCustomerMessageNumber', 0] }, readUpTo] };
  return {
    isRead: { $or: [isSeen, '$isRead'] },
    unreadCount: { $cond: [isSeen, 0, { $ifNull: ['$unreadCount', 0] }] },
    readNumber: { $cond: [isSeen, '$lastCustomerMessageNumber', '$readNumber'] },
  };
}
