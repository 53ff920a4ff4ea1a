import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  SetMetadata,
} from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiExtension } from '@nestjs/swagger';
import type { Request } from 'express';

/** Metadata key of a route's one access mark. */
export const ACCESS = 'access';

/**
 * Who may call a route. `shop` carries the permission that the shop's guard asks for and, where the
 * path names no shop, the thing that it is found by.
 */
export type AccessMark =
  | { kind: 'public' }
  | { kind: 'signed-in' }
  | { kind: 'operator' }
  | { kind: 'shop'; permission: string; foundBy?: string };

/** The caller, as the authentication guard leaves it on the request. */
export interface Caller {
  userId: string;
  sessionId: string;
}

export type AuthenticatedRequest = Request & { caller?: Caller };

/** Sets a route's access mark and says it in the docs; each route has exactly one. */
export function markAccess(access: AccessMark): MethodDecorator {
  const documented = {
    public: [],
    operator: [ApiBearerAuth()],
    'signed-in': [ApiBearerAuth(), ApiCookieAuth('access_token')],
    shop: [ApiBearerAuth(), ApiCookieAuth('access_token')],
  }[access.kind];
  const mark = applyDecorators(
    SetMetadata(ACCESS, access),
    ApiExtension('x-access', access),
    ...documented,
  );
  return (target, key, descriptor) => {
    if (Reflect.hasMetadata(ACCESS, descriptor.value as object)) {
      throw new Error(`${target.constructor.name}.${String(key)} has two access marks`);
    }
    mark(target, key, descriptor);
  };
}

/** Anyone may call this route. */
export const Public = (): MethodDecorator => markAccess({ kind: 'public' });

/** Any signed-in user may call this route. */
export const SignedIn = (): MethodDecorator => markAccess({ kind: 'signed-in' });

/** Only who runs this server may call this route: see `requireOperator`. */
export const OperatorOnly = (): MethodDecorator => markAccess({ kind: 'operator' });

/** The caller of this request; a route without a guard before it is a bug and throws. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new Error('@CurrentUser() on a route that the auth guard does not protect');
  return caller;
});
