import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  type CustomerSubject,
  type CustomerTokenKind,
  CustomerTokens,
} from '../auth/customer-tokens.service.js';
import { ConversationsService } from '../conversations/conversations.service.js';
import { AppError } from '../platform/http/app-error.js';
import type { ScopedRequest } from '../platform/idempotency/idempotency-scope.js';
import { ShopsService } from '../shops/shops.service.js';

/** Metadata key: the kind of token that a route asks for. */
export const CUSTOMER_ACCESS = 'customer-access';

export type CustomerRequest = ScopedRequest & { customer?: CustomerSubject };

const BEARER = /^Bearer +(\S+)$/i;

/**
 * Lets a customer to their own order or conversation: no token of its kind and shop is 401, a token
 * of another one the 404 of one that does not exist.
 */
@Injectable()
export class CustomerTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: CustomerTokens,
    private readonly shops: ShopsService,
    private readonly conversations: ConversationsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const kind = this.reflector.get<CustomerTokenKind>(CUSTOMER_ACCESS, context.getHandler());
    const request = context.switchToHttp().getRequest<CustomerRequest>();
    const [, token] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    const customer = await this.tokens.verify(token, kind);
    // Where the path names no shop, it is the token's, as long as that is open.
    const named = request.params['slugOrId'] ?? customer.shopId;
    const shop = await this.shops.getBySlugOrId(String(named));
    if (shop._id.toHexString() !== customer.shopId) {
      throw new AppError('unauthenticated', 'This customer token is of another shop.');
    }
    if (String(request.params[`${kind}Id`]).toLowerCase() !== customer.subjectId) {
      throw AppError.notFound(kind);
    }
    if (kind === 'conversation') {
      await this.conversations.requireOpen(customer.shopId, customer.subjectId, new Date());
    }
    request.customer = customer;
    if ('slugOrId' in request.params) request.idempotencyScope = { slugOrId: customer.shopId };
    return true;
  }
}
