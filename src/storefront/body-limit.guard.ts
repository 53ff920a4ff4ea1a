import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AppError } from '../platform/http/app-error.js';

const MAX_BODY_KIB = 'max-body-kib';
const KIBIBYTE = 1024;

/** Refuses a body that is larger than its route needs, before anything is done with it. */
@Injectable()
export class BodyLimitGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const limit = this.reflector.get<number>(MAX_BODY_KIB, context.getHandler());
    if (sizeOf(context.switchToHttp().getRequest<Request>()) > limit * KIBIBYTE) {
      const sentence = `The body is too large: send at most ${limit} KB.`;
      throw new AppError('payload_too_large', sentence);
    }
    return true;
  }
}

/** What strangers send to this route is at most this large. */
export function LimitBody(kibibytes: number): MethodDecorator {
  return applyDecorators(SetMetadata(MAX_BODY_KIB, kibibytes), UseGuards(BodyLimitGuard));
}

/** As it was sent; a body that came in chunks told no length, and may have been compressed. */
function sizeOf({ headers, body }: Request): number {
  const parsed = body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body));
  return Math.max(Number(headers['content-length'] ?? 0), parsed);
}
