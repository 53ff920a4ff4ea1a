import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { CustomerTokens } from '../auth/customer-tokens.service.js';
import type { PublicOrderResponse } from './dto/public-order.response.js';
import type { SubmittedOrderResponse } from './dto/submitted-order.response.js';

/** Hands the order's token over with it; made from the order, it is the same at every replay. */
@Injectable()
export class OrderTokenInterceptor implements NestInterceptor {
  constructor(private readonly tokens: CustomerTokens) {}

  intercept(
    _: ExecutionContext,
    next: CallHandler<PublicOrderResponse>,
  ): Observable<SubmittedOrderResponse> {
    return next.handle().pipe(map((order) => this.withToken(order)));
  }

  private withToken(order: PublicOrderResponse): SubmittedOrderResponse {
    const { id: subjectId, shopId, submittedAt } = order;
    const subject = { kind: 'order', shopId, subjectId } as const;
    return { ...order, token: this.tokens.sign(subject, new Date(submittedAt)) };
  }
}

/**
 * Adds the customer's token to the order that is answered. Stands below `@Idempotent()`, so that
 * what is remembered under a key holds no token.
 */
export function HandsOverOrderToken(): MethodDecorator {
  return applyDecorators(UseInterceptors(OrderTokenInterceptor));
}
