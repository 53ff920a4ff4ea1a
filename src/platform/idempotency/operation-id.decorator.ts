import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

export type OperationRequest = Request & { operationId?: string };

/**
 * What this request does, named the same at every attempt with one `Idempotency-Key`: who stores it
 * beside the result sees, after a crash, that the work is done. Undefined without a key.
 */
export const OperationId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined =>
    context.switchToHttp().getRequest<OperationRequest>().operationId,
);
