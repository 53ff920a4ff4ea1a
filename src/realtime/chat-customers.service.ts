import { Injectable } from '@nestjs/common';
import { type CustomerAccess, CustomerTokens } from '../auth/customer-tokens.service.js';
import { ConversationsService } from '../conversations/conversations.service.js';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';

/** Knows the customers of web chats, whose sockets are in their own conversation only. */
@Injectable()
export class ChatCustomers {
  constructor(
    private readonly tokens: CustomerTokens,
    private readonly conversations: ConversationsService,
    private readonly shops: ShopsService,
  ) {}

  /** Whose token it is, while the shop is there and the conversation open; undefined for another's. */
  async find(token: string): Promise<CustomerAccess | undefined> {
    try {
      const customer = await this.tokens.verify(token, 'conversation');
      await this.shops.get(customer.shopId);
      await this.conversations.requireOpen(customer.shopId, customer.subjectId, new Date());
      return customer;
    } catch (error) {
      if (error instanceof AppError && error.getStatus() < 500) return undefined;
      throw error;
    }
  }

  /** Those of `customers` whose token, conversation or shop has ended, or is there no more. */
  async listGone(customers: CustomerAccess[], now: Date): Promise<CustomerAccess[]> {
    const ids = customers.map(({ subjectId }) => subjectId);
    const shopIds = new Set(customers.map(({ shopId }) => shopId));
    const [open, deleted] = await Promise.all([
      this.conversations.listOpenIds(ids, now),
      this.shops.listDeletedIds([...shopIds]),
    ]);
    return customers.filter(
      ({ subjectId, shopId, expiresAt }) =>
        expiresAt <= now || !open.has(subjectId) || deleted.has(shopId),
    );
  }
}
