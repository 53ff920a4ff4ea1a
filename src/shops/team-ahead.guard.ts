import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACCESS, type AccessMark } from '../platform/http/access.decorators.js';
import type { ShopRequest } from './shop-access.decorators.js';
import { ShopsService } from './shops.service.js';

/**
 * Refuses nobody: has the team of the path's shop read while the next guard reads the session, so that
 * knowing who calls and what they may do takes the time of one read.
 */
@Injectable()
export class TeamAheadGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly shops: ShopsService,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.reflector.get<AccessMark | undefined>(ACCESS, context.getHandler());
    if (access?.kind !== 'shop') return true;
    const request = context.switchToHttp().getRequest<ShopRequest>();
    const { shopId } = request.params;
    if (shopId === undefined) return true;
    const teamAhead = this.shops.readTeam(String(shopId));
    // Who is refused before it is looked at must not bring the process down with a failed read.
    teamAhead.catch(() => undefined);
    request.teamAhead = teamAhead;
    return true;
  }
}
