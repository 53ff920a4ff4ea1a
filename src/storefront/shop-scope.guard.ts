import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { IDEMPOTENCY_HEADER } from '../platform/idempotency/idempotency.interceptor.js';
import type { ScopedRequest } from '../platform/idempotency/idempotency-scope.js';
import { ShopsService } from '../shops/shops.service.js';

/** A repeated request is the same at the shop's address and at its id, in any case. */
@Injectable()
export class ShopScopeGuard implements CanActivate {
  constructor(private readonly shops: ShopsService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ScopedRequest>();
    if (request.get(IDEMPOTENCY_HEADER) === undefined) return true;
    const shop = await this.shops.getBySlugOrId(String(request.params['slugOrId']));
    request.idempotencyScope = { slugOrId: shop._id.toHexString() };
    return true;
  }
}
