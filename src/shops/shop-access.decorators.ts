import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type AuthenticatedRequest, markAccess } from '../platform/http/access.decorators.js';
import type { Permission } from './permissions.js';
import type { TeamMember } from './shop.schema.js';
import type { Membership } from './shops.service.js';

export type ShopRequest = AuthenticatedRequest & {
  /** The team of the shop that the path names, on its way. */
  teamAhead?: Promise<TeamMember[]>;
  membership?: Membership;
};

/**
 * Only members of the shop whose role has `permission` may call this route.
 * @param foundBy what the shop is found by where the path names none, as `ShopFinders` has it
 */
export function RequirePermission(permission: Permission, foundBy?: string): MethodDecorator {
  return markAccess({ kind: 'shop', permission, ...(foundBy ? { foundBy } : {}) });
}

function membershipOf(context: ExecutionContext): Membership {
  const { membership } = context.switchToHttp().getRequest<ShopRequest>();
  if (!membership) throw new Error('@ShopId() on a route without @RequirePermission()');
  return membership;
}

/** Id of the shop whose member the guard has found the caller to be; never the path's own word. */
export const ShopId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => membershipOf(context).shopId,
);

/** Id of the member who calls. */
export const MemberId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => membershipOf(context).userId,
);

/** The member who calls, with their role. */
export const CurrentMember = createParamDecorator(
  (_: unknown, context: ExecutionContext): Membership => membershipOf(context),
);
