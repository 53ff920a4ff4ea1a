import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import type { Order } from '../orders/order.schema.js';
import { OrdersService } from '../orders/orders.service.js';
import { AppConfig } from '../platform/config/app-config.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import { Page } from '../platform/http/page.js';
import type { ConfirmPaymentDto } from './dto/confirm-payment.dto.js';
import type { CreatePaymentDto } from './dto/create-payment.dto.js';
import type { ListPaymentsQuery } from './dto/list-payments.query.js';
import { olderThan } from './older-than.js';
import { requireAmount, requirePayable } from './payable.js';
import { type Actor, PROVIDER } from './payment-events.js';
import { canceledFact } from './payment-facts.js';
import { PaymentTransitionsService } from './payment-transitions.service.js';
import { Payment } from './payment.schema.js';
import { ProviderCallsService, toPayerError } from './provider-calls.service.js';
import {
  type ProviderName,
  type ProviderPayment,
  ProviderRefusal,
} from './providers/payment-provider.js';
import { PaymentProvidersService } from './providers/payment-providers.service.js';

/** A payment, and how its provider sees it where that was asked. */
export interface SeenPayment {
  payment: Payment;
  view?: ProviderPayment;
}

const FIRST_CHECK_MS = 60_000;
/** What PayPal, Stripe and the sandbox call a payment that they do not have. */
const UNKNOWN_THERE = ['RESOURCE_NOT_FOUND', 'resource_missing', 'not_found'];

/** Begins, confirms and cancels payments: whatever a provider answers goes through the transitions. */
@Injectable()
export class PaymentsService {
  constructor(
    @InjectModel(Payment.name) private readonly payments: Model<Payment>,
    private readonly orders: OrdersService,
    private readonly providers: PaymentProvidersService,
    private readonly calls: ProviderCallsService,
    private readonly transitions: PaymentTransitionsService,
    private readonly config: AppConfig,
  ) {}

  /**
   * The payment of an order by a provider: a second click finds the first, and where a process died
   * after the provider's answer, the same key makes the provider give the same answer.
   */
  async begin(shopId: string, dto: CreatePaymentDto, actor: Actor): Promise<SeenPayment> {
    const order = await this.orders.get(shopId, dto.orderId);
    requirePayable(order);
    requireAmount(order, dto);
    const name = dto.provider ?? this.providers.first().name;
    if (name !== 'transfer')
      this.providers.get(name).requirePayable(order.totalAmount, order.currency);
    const payment = await this.findOrInsert(order, name, actor);
    if (name === 'transfer') return { payment };
    const seen = await this.reach(payment, actor);
    // One that its provider has ended meanwhile is no answer to who wants to pay.
    if (seen.payment.status !== 'canceled') return seen;
    return this.reach(await this.findOrInsert(order, name, actor), actor);
  }

  /** Takes the money, or hears how far the payer has come; a decline is an answer, not an error. */
  async confirm(shopId: string, dto: ConfirmPaymentDto, actor: Actor): Promise<SeenPayment> {
    const payment = await this.get(shopId, dto.paymentIntentId);
    const { providerId, isOpen } = payment;
    if (!isOpen || providerId === undefined) return { payment };
    const key = confirmKey(payment, dto.paymentMethodId ?? undefined);
    const at = new Date();
    const view = await this.calls
      .run(payment, { name: 'confirm', actor, amount: payment.amount, key }, (provider) =>
        provider.confirm(providerId, {
          paymentMethodId: dto.paymentMethodId ?? undefined,
          returnUrl: this.returnUrl(payment),
          idempotencyKey: key,
        }),
      )
      .catch((error: unknown) => {
        if (error instanceof ProviderRefusal && error.payment) return error.payment;
        throw toPayerError(error, payment.provider);
      });
    return {
      payment: await this.transitions.see(payment, view, { actor, name: 'confirm', at }),
      view,
    };
  }

  /** @throws AppError `conflict` when the money was taken, or is on its way */
  async cancel(shopId: string, id: string, actor: Actor): Promise<SeenPayment> {
    const payment = await this.get(shopId, id);
    if (payment.status === 'canceled') return { payment };
    const cancelled = await this.cancelAtProvider(payment, actor);
    if (cancelled.payment.status === 'canceled') return cancelled;
    throw AppError.conflict(
      'conflict',
      `This payment is ${cancelled.payment.status}: it cannot be cancelled, only refunded once it has succeeded.`,
    );
  }

  /** Whatever becomes of it is noted; no error when it was too late. */
  async cancelAtProvider(payment: Payment, actor: Actor): Promise<SeenPayment> {
    if (!payment.isOpen) return { payment };
    const { providerId } = payment;
    const at = new Date();
    if (providerId === undefined) {
      const news = { facts: [canceledFact(at)], actor, name: 'cancel' };
      return { payment: await this.transitions.apply(payment, news) };
    }
    const key = `cancel-${payment._id.toHexString()}`;
    const view = await this.calls
      .run(payment, { name: 'cancel', actor, key }, (provider) => provider.cancel(providerId, key))
      .catch((error: unknown) => {
        throw toPayerError(error, payment.provider);
      });
    return {
      payment: await this.transitions.see(payment, view, { actor, name: 'cancel', at }),
      view,
    };
  }

  /** Asks the provider how the payment stands. */
  async refresh(payment: Payment, actor: Actor): Promise<SeenPayment> {
    const { providerId } = payment;
    if (providerId === undefined) return this.reach(payment, actor);
    const at = new Date();
    const view = await this.calls
      .run(payment, { name: 'retrieve', actor }, (provider) => provider.retrieve(providerId))
      .catch((error: unknown) => {
        if (isGone(error)) return null;
        throw toPayerError(error, payment.provider);
      });
    if (view === null) {
      const news = { facts: [canceledFact(at)], actor: PROVIDER, name: 'retrieve' };
      return { payment: await this.transitions.apply(payment, news) };
    }
    return {
      payment: await this.transitions.see(payment, view, { actor, name: 'retrieve', at }),
      view,
    };
  }

  /** @param id ours, or the provider's */
  async get(shopId: string, id: string): Promise<Payment> {
    const filter = isObjectIdHex(id) ? { _id: id } : { providerId: id };
    const payment = await this.payments.findOne({ shopId, ...filter }).lean<Payment>();
    if (!payment) throw AppError.notFound('payment');
    return payment;
  }

  /** Newest first. */
  async list(
    shopId: string,
    { limit, cursor, status, orderId }: ListPaymentsQuery,
  ): Promise<Page<Payment>> {
    const rows = await this.payments
      .find(
        {
          shopId,
          ...(orderId ? { orderId } : {}),
          ...(status ? { status } : {}),
          ...(cursor ? olderThan(cursor, 'createdAt') : {}),
        },
        { facts: 0, pendingEvents: 0 },
      )
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean<Payment[]>();
    return Page.of(rows, limit, ({ createdAt, _id }) => ({
      at: createdAt.getTime(),
      id: _id.toHexString(),
    }));
  }

  /** The shop of a payment, for routes that do not name it. @param id ours, or the provider's */
  async findShopOf(id: string): Promise<string | null> {
    const filter = isObjectIdHex(id) ? { _id: id } : { providerId: id };
    const payment = await this.payments
      .findOne(filter, { shopId: 1 })
      .setOptions({ acrossShops: true })
      .lean<Pick<Payment, 'shopId'>>();
    return payment?.shopId.toHexString() ?? null;
  }

  /** Makes sure that the provider knows of the payment. */
  private async reach(payment: Payment, actor: Actor): Promise<SeenPayment> {
    if (payment.providerId !== undefined) return this.refresh(payment, actor);
    const paymentId = payment._id.toHexString();
    const key = `pay-${paymentId}`;
    const at = new Date();
    const { amount, currency, orderNumber } = payment;
    const view = await this.calls
      .run(payment, { name: 'create', actor, amount, key }, (provider) =>
        provider.create({
          paymentId,
          shopId: payment.shopId.toHexString(),
          orderNumber,
          amount,
          currency,
          idempotencyKey: key,
          returnUrl: this.returnUrl(payment),
        }),
      )
      .catch((error: unknown) => {
        throw toPayerError(error, payment.provider);
      });
    return {
      payment: await this.transitions.see(payment, view, { actor, name: 'create', at }),
      view,
    };
  }

  private async findOrInsert(order: Order, provider: ProviderName, actor: Actor): Promise<Payment> {
    const found = await this.findOpen(order, provider);
    if (found) return found;
    try {
      const inserted = await this.payments.create({
        shopId: order.shopId,
        orderId: order._id,
        orderNumber: order.orderId,
        provider,
        isLive: provider === 'transfer' ? null : this.providers.get(provider).isLive,
        amount: order.totalAmount,
        currency: order.currency,
        ...(provider === 'transfer' ? {} : { nextCheckAt: new Date(Date.now() + FIRST_CHECK_MS) }),
        by: actor.userId ? new Types.ObjectId(actor.userId) : null,
      });
      return inserted.toObject();
    } catch (error) {
      const other = isDuplicateKey(error) ? await this.findOpen(order, provider) : null;
      if (other) return other;
      throw error;
    }
  }

  private findOpen(order: Order, provider: ProviderName): Promise<Payment | null> {
    const { shopId, _id: orderId } = order;
    return this.payments.findOne({ shopId, orderId, provider, isOpen: true }).lean<Payment>();
  }

  private returnUrl({ orderId, shopId }: Payment): string {
    const [app] = this.config.appOrigins;
    return `${app}/shops/${shopId.toHexString()}/orders/${orderId.toHexString()}/payment`;
  }
}

/** PayPal forgets an order that nobody has paid; then nobody can pay it any more. */
function isGone(error: unknown): boolean {
  return error instanceof ProviderRefusal && UNKNOWN_THERE.includes(error.code);
}

/** A card that failed may be tried again: each try after a failure has its own key. */
function confirmKey({ _id, facts }: Payment, paymentMethodId = ''): string {
  const failures = facts.filter(({ kind }) => kind === 'failed').length;
  const method = createHash('sha256').update(paymentMethodId).digest('hex').slice(0, 16);
  return `confirm-${_id.toHexString()}-${method}-${failures}`;
}
