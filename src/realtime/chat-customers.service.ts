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

  /** Whose token it is, while the shop and the conversation are there; undefined for another's. */
  async find(token: string): Promise<CustomerAccess | undefined> {
    try {
      const customer = await this.tokens.verify(token, 'conversation');
      await this.shops.get(customer.shopId);
      await this.conversations.require(customer.shopId, customer.subjectId);
      return customer;
    } catch (error) {
      if (error instanceof AppError && error.getStatus() < 500) return undefined;
      throw error;
    }
  }

  /** Those of `customers` whose token has ended, or whose conversation is there no more. */
  async listGone(customers: CustomerAccess[], now: Date): Promise<CustomerAccess[]> {
    const there = await this.conversations.listExistingIds(
      customers.map(({ subjectId }) => subjectId),
    );
    return customers.filter(
      ({ subjectId, expiresAt }) => expiresAt <= now || !there.has(subjectId),
    );
  }
}
