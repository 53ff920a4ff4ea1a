import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import type { Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../http/access.decorators.js';
import { AppError } from '../http/app-error.js';
import { hashJson } from './canonical-json.js';
import {
  type Claim,
  type FirstAnswer,
  IdempotencyKeysService,
} from './idempotency-keys.service.js';
import type { ScopedRequest } from './idempotency-scope.js';
import type { OperationRequest } from './operation-id.decorator.js';

export const IDEMPOTENCY_HEADER = 'Idempotency-Key';
/** Set on an answer that is given again. */
export const REPLAYED_HEADER = 'Idempotency-Replayed';
export const IDEMPOTENCY_KEY_LENGTH = { min: 8, max: 255 };
const PRINTABLE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Runs inside the envelope: it remembers what the handler returned, and the envelope is put around
 * the remembered value as it was around the first. Guards have run, so a replay needs the right too.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger(IdempotencyInterceptor.name);

  constructor(private readonly keys: IdempotencyKeysService) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest & ScopedRequest>();
    const key = request.get(IDEMPOTENCY_HEADER);
    if (key === undefined) return next.handle();
    requireWellFormed(key);
    return from(this.once(scopedId(request, key), context, next));
  }

  private async once(
    id: string,
    context: ExecutionContext,
    next: CallHandler<unknown>,
  ): Promise<unknown> {
    const request = context.switchToHttp().getRequest<OperationRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const claimed = await this.keys.claim(id, hashJson(request.body));
    if ('value' in claimed) {
      response.status(claimed.status).setHeader(REPLAYED_HEADER, 'true');
      return claimed.value;
    }
    request.operationId = claimed.operationId;
    const value = await this.runOrRelease(claimed, next);
    await this.remember(claimed, { status: response.statusCode, value });
    return value;
  }

  private async runOrRelease(claim: Claim, next: CallHandler<unknown>): Promise<unknown> {
    try {
      return await lastValueFrom(next.handle());
    } catch (error) {
      await this.keys.release(claim).catch((cause: unknown) => this.warn('not freed', cause));
      throw error;
    }
  }

  /** The work is done: the caller hears so even when its answer could not be kept. */
  private async remember(claim: Claim, answer: FirstAnswer): Promise<void> {
    await this.keys
      .complete(claim, answer)
      .catch((cause: unknown) => this.warn('answer not kept', cause));
  }

  private warn(what: string, cause: unknown): void {
    this.logger.warn({ msg: `idempotency key: ${what}`, error: String(cause) });
  }
}

function requireWellFormed(key: string): void {
  const { min, max } = IDEMPOTENCY_KEY_LENGTH;
  if (key.length >= min && key.length <= max && PRINTABLE.test(key)) return;
  const message = `${IDEMPOTENCY_HEADER} must be ${min} to ${max} printable ASCII characters`;
  throw AppError.validation([{ field: IDEMPOTENCY_HEADER, message }]);
}

/**
 * A key counts for one caller at one address; the shop stands in the path of every such route. Ids
 * and numbers may be written in any case.
 */
function scopedId(request: AuthenticatedRequest & ScopedRequest, key: string): string {
  const { path } = request.route as { path: string };
  const written = Object.entries(request.params).map(([name, value]) => {
    return [name, String(value).toLowerCase()] as const;
  });
  const meant = { ...Object.fromEntries(written), ...request.idempotencyScope };
  const caller = request.caller?.userId ?? 'public';
  return hashJson([request.method, path, meant, caller, key]);
}
