import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { Answer } from './answer.js';
import { Page } from './page.js';

/** Wraps what a handler returns into the success envelope; a `StreamableFile` or text stays. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(map(toEnvelope));
  }
}

function toEnvelope(result: unknown): unknown {
  if (typeof result === 'string' || result instanceof StreamableFile) return result;
  if (result instanceof Page) {
    return { success: true, data: result.items, meta: { nextCursor: result.nextCursor } };
  }
  if (result instanceof Answer) return { success: true, data: result.data, ...result.beside };
  return { success: true, data: result ?? null };
}
