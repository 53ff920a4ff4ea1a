import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACCESS, type AccessMark } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { isAllowed, type Permission, PERMISSIONS } from './permissions.js';
import type { ShopRequest } from './shop-access.decorators.js';
import { ShopFinders } from './shop-finders.js';
import { ShopsService } from './shops.service.js';

/**
 * Resolves the caller's membership of the shop at every request, so that losing it counts at
 * once: a stranger hears the same 404 as for a shop that does not exist, a lesser role 403.
 */
@Injectable()
export class ShopAccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly shops: ShopsService,
    private readonly finders: ShopFinders,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<AccessMark | undefined>(ACCESS, context.getHandler());
    if (access?.kind !== 'shop') return true;
    const permission = access.permission as Permission;
    const request = context.switchToHttp().getRequest<ShopRequest>();
    if (!request.caller) throw new Error('ShopAccessGuard ran before AuthGuard');
    const named = request.params['shopId'];
    const { foundBy = 'shop' } = access;
    const shopId = named === undefined ? await this.finders.find(foundBy, request) : String(named);
    const { caller, teamAhead } = request;
    const membership =
      shopId && (await this.shops.findMembership(shopId, caller.userId, teamAhead));
    if (!membership) throw AppError.notFound(named === undefined ? foundBy : 'shop');
    if (!isAllowed(membership.role, permission)) {
      throw new AppError(
        'forbidden',
        `This needs the role ${PERMISSIONS[permission]} in this shop, yours is ${membership.role}: ask its owner.`,
      );
    }
    request.membership = membership;
    return true;
  }
}
