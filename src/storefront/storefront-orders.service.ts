import { Injectable, Logger } from '@nestjs/common';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import { requireOffered } from '../forms/form-offer.js';
import { FormsService } from '../forms/forms.service.js';
import { OrderPlacementService } from '../orders/order-placement.service.js';
import type { Order } from '../orders/order.schema.js';
import { OrdersService } from '../orders/orders.service.js';
import { AppError } from '../platform/http/app-error.js';
import { RateLimiter } from '../platform/security/rate-limiter.service.js';
import type { Shop } from '../shops/shop.schema.js';
import { ShopsService } from '../shops/shops.service.js';
import type { SubmitFormDto } from './dto/submit-form.dto.js';
import { PaymentMethodsService } from './payment-methods.service.js';

/** Where a submission comes from and goes to. */
export interface Submission {
  slugOrId: string;
  formId: string;
  address: string;
  operationId: string | undefined;
}

const MINUTE_MS = 60_000;
const MINUTE_SECONDS = 60;
const SUBMISSIONS_TO_A_SHOP = 20;

/** Orders that customers place without an account, and follow. */
@Injectable()
export class StorefrontOrdersService {
  private readonly logger = new Logger(StorefrontOrdersService.name);

  constructor(
    private readonly shops: ShopsService,
    private readonly forms: FormsService,
    private readonly placement: OrderPlacementService,
    private readonly orders: OrdersService,
    private readonly payments: PaymentMethodsService,
    private readonly limiter: RateLimiter,
  ) {}

  /** @throws AppError `validation_failed` naming each wrong field: then nothing is taken */
  async submit(submission: Submission, dto: SubmitFormDto): Promise<Order> {
    const { slugOrId, formId, operationId } = submission;
    if (dto.website) throw this.refuseTrapped(submission);
    const shop = await this.shops.getBySlugOrId(slugOrId);
    const shopId = shop._id.toHexString();
    await this.limit(submission, shop);
    const products = this.placement.readAhead(shopId, dto.items);
    const [form, payments] = await Promise.all([
      this.forms.getPublished(shopId, formId),
      this.payments.list(shopId),
    ]);
    const { customer, items } = dto;
    const choice = { answers: dto.answers ?? {}, items, paymentMethod: dto.paymentMethod ?? '' };
    const { answers, paymentMethod } = requireOffered(form.fields, choice, payments);
    return this.placement.place(shop, {
      customer,
      lines: items,
      form,
      answers,
      paymentMethod,
      channel: 'web',
      notes: '',
      by: null,
      operationId,
      products,
    });
  }

  async get({ shopId, subjectId }: CustomerSubject): Promise<Order> {
    return this.orders.get(shopId, subjectId);
  }

  private async limit({ address }: Submission, shop: Shop): Promise<void> {
    await this.limiter.take([
      {
        scope: 'submissions to a shop',
        tracker: `${shop._id.toHexString()} ${address}`,
        limit: SUBMISSIONS_TO_A_SHOP,
        ttlMs: MINUTE_MS,
      },
    ]);
  }

  /** The trap is shut: in words that a program hears elsewhere too, so that it learns nothing. */
  private refuseTrapped({ slugOrId, formId }: Submission): AppError {
    this.logger.log({ msg: 'submission with a filled trap refused', shop: slugOrId, formId });
    return new AppError(
      'rate_limited',
      `Too many requests: try again in ${MINUTE_SECONDS} seconds.`,
      { retryAfterSeconds: MINUTE_SECONDS },
    );
  }
}
