import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import type { ReadyJson } from './ready-json.js';

/** Sends a ready-made answer with its ETag: Express makes it a 304 for who has it already. */
@Injectable()
export class ReadyJsonInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<ReadyJson>): Observable<string> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map(({ etag, text }) => {
        response.setHeader('ETag', etag);
        // Keep it, but ask before each use.
        response.setHeader('Cache-Control', 'no-cache');
        response.setHeader('Content-Type', 'application/json; charset=utf-8');
        return text;
      }),
    );
  }
}

/** The route answers `ReadyJson`, and nothing but "unchanged" to who has it already. */
export function Revalidated(): MethodDecorator {
  return applyDecorators(
    UseInterceptors(ReadyJsonInterceptor),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The `ETag` of the answer you have; a browser sends it by itself.',
      schema: { type: 'string', maxLength: 200, example: '"Zm9ydHktdHdv"' },
    }),
    ApiResponse({ status: 304, description: 'What you have is still so; no body.' }),
  );
}
