import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OrdersService } from '../orders/orders.service.js';
import type { AuthenticatedRequest } from '../platform/http/access.decorators.js';
import { ShopFinders } from '../shops/shop-finders.js';
import { PaymentsService } from './payments.service.js';

const MAX_ID = 100;

/**
 * The app's payment service names no shop: it follows from the payment or the order. The body is not
 * validated yet when this is asked.
 */
@Injectable()
export class PaymentShopsService implements OnModuleInit {
  constructor(
    private readonly finders: ShopFinders,
    private readonly orders: OrdersService,
    private readonly payments: PaymentsService,
  ) {}

  onModuleInit(): void {
    this.finders.register('order', (request) => this.findByOrder(request));
    this.finders.register('payment', (request) => this.findByPayment(request));
  }

  private async findByOrder({ body, caller }: AuthenticatedRequest): Promise<string | null> {
    const id = idOf((body as { orderId?: unknown } | undefined)?.orderId);
    return id && caller ? this.orders.findShopOf(id, caller.userId) : null;
  }

  private async findByPayment({ params, body }: AuthenticatedRequest): Promise<string | null> {
    const sent = (body as { paymentIntentId?: unknown } | undefined)?.paymentIntentId;
    const id = idOf(params['paymentId'] ?? sent);
    return id ? this.payments.findShopOf(id) : null;
  }
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_ID ? value : undefined;
}
