import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { addressHit } from '../platform/security/throttling.js';

/** Where the request comes from, as limits count it: an IPv6 address by its /64. */
export const ClientAddress = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    addressHit(context.switchToHttp().getRequest<Request>()).tracker,
);
