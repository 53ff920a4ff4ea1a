import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import {
  IDEMPOTENCY_HEADER,
  IDEMPOTENCY_KEY_LENGTH,
  IdempotencyInterceptor,
} from './idempotency.interceptor.js';

/** Lets a caller repeat this request safely under an `Idempotency-Key`; the docs list its codes. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: IDEMPOTENCY_HEADER,
      required: false,
      description:
        'A key of your own for this request, such as a UUID. For 24 hours the same key and body ' +
        'answer the first answer again, with `Idempotency-Replayed: true`.',
      schema: {
        type: 'string',
        minLength: IDEMPOTENCY_KEY_LENGTH.min,
        maxLength: IDEMPOTENCY_KEY_LENGTH.max,
        example: '5b0cf6b2-5d0c-4f0e-9c57-0f1d3c1c2a55',
      },
    }),
  );
}
