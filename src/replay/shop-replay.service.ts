import { Injectable } from '@nestjs/common';
import { assignmentOf } from '../conversations/conversation-assignment.js';
import { ConversationsService } from '../conversations/conversations.service.js';
import { ConversationResponse } from '../conversations/dto/conversation.response.js';
import { MessageResponse } from '../conversations/dto/message.response.js';
import { MessagesService } from '../conversations/messages.service.js';
import { DomainEvents } from '../events/domain-events.js';
import { OrderResponse } from '../orders/dto/order.response.js';
import { OrdersService } from '../orders/orders.service.js';
import type { ChangeRange } from '../platform/database/change-range.js';

/** What is told again: what was written under a number above `after`, between two moments. */
export interface ReplayRange {
  after: number;
  since: Date;
  before: Date;
}

const MAX_CHANGES = 5_000;

/** Makes of documents the events that have written them. */
@Injectable()
export class ShopReplayService {
  constructor(
    private readonly orders: OrdersService,
    private readonly conversations: ConversationsService,
    private readonly messages: MessagesService,
    private readonly events: DomainEvents,
  ) {}

  /** Each document once, as it is now: where it changed twice, the last change is told. */
  async tell(shopId: string, range: ReplayRange): Promise<void> {
    await this.tellOrders(shopId, range);
    await this.tellMessages(shopId, range);
    await this.tellConversations(shopId, range);
  }

  private async tellOrders(shopId: string, range: ReplayRange): Promise<void> {
    const orders = await this.orders.listChanged(shopId, numbers(range));
    for (const record of orders.filter(({ updatedAt }) => isIn(range, updatedAt))) {
      const payload = { shopId, order: OrderResponse.from(record) };
      if (record.submittedAt >= range.since) await this.events.repeat('order.created', payload);
      if (record.updatedAt > record.submittedAt) await this.events.repeat('order.updated', payload);
    }
  }

  private async tellMessages(shopId: string, range: ReplayRange): Promise<void> {
    const written = await this.messages.listWritten(shopId, numbers(range));
    const messages = written.filter(({ timestamp }) => isIn(range, timestamp));
    const ids = [...new Set(messages.map(({ conversationId }) => conversationId.toHexString()))];
    const found = ids.length > 0 ? await this.conversations.listByIds(shopId, ids) : [];
    const chats = new Map(found.map((one) => [one._id.toHexString(), one]));
    for (const record of messages) {
      const chat = chats.get(record.conversationId.toHexString());
      if (!chat) continue;
      await this.events.repeat('message.created', {
        shopId,
        message: MessageResponse.from(record),
        chat: {
          customerName: chat.customerName,
          assigneeId: chat.assigneeId?.toHexString() ?? null,
        },
      });
    }
  }

  private async tellConversations(shopId: string, range: ReplayRange): Promise<void> {
    const changed = await this.conversations.listChanged(shopId, numbers(range));
    for (const conversation of changed.filter(({ updatedAt }) => isIn(range, updatedAt))) {
      await this.events.repeat('conversation.updated', {
        shopId,
        conversation: ConversationResponse.from({ conversation, messages: [] }),
        assignment: assignmentOf(conversation, range.after),
      });
    }
  }
}

function numbers({ after, since }: ReplayRange): ChangeRange {
  return { above: after, youngAbove: after, youngerThan: since, limit: MAX_CHANGES };
}

function isIn({ since, before }: ReplayRange, at: Date): boolean {
  return at >= since && at <= before;
}
