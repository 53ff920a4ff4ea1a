import { Types } from 'mongoose';
import { type Answers, checkAnswers } from '../forms/form-answers.js';
import type { Form } from '../forms/form.schema.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import type { Product } from '../products/product.schema.js';
import { dayIn, priceAt } from '../products/product-price.js';
import type { Shop } from '../shops/shop.schema.js';
import type { OrderCustomerDto } from './dto/order-customer.dto.js';
import type { OrderLineDto } from './dto/order-line.dto.js';
import type { OrderChannel } from './order-channel.js';
import type { OrderLine } from './order-lines.js';
import { orderTotal } from './order-totals.js';
import type { Order, OrderField } from './order.schema.js';

/** What somebody orders; `by` is the member who entered it, null for the customer. */
export interface NewOrder {
  customer: OrderCustomerDto;
  lines: OrderLineDto[];
  form: Form | null;
  answers: Answers;
  channel: OrderChannel;
  paymentMethod: string;
  notes: string;
  by: string | null;
  /** The same at every attempt of one request. */
  operationId: string | undefined;
  /** The products of `lines`, where they are being read already. */
  products?: Promise<Product[]>;
}

export interface OrderParts {
  wanted: NewOrder;
  shop: Shop;
  fields: OrderField[];
  lines: OrderLine[];
  products: Map<string, Product>;
  customerId: Types.ObjectId | null;
  at: Date;
}

/** An order but for what it gets when it is written. */
export type UnwrittenOrder = Omit<
  Order,
  '_id' | 'orderId' | 'seq' | 'operationId' | 'submittedAt' | 'updatedAt'
>;

/** @throws AppError `validation_failed` naming each wrong answer as `answers.<field id>` */
export function requireAnswers({ form, answers, lines, paymentMethod }: NewOrder): OrderField[] {
  if (!form) return [];
  const selection = { hasItems: lines.length > 0, paymentMethod };
  const { answered, errors } = checkAnswers(form.fields, answers, selection);
  if (errors.length > 0) throw AppError.validation(errors);
  return answered;
}

/** Names and prices as the catalogue has them at this moment, and the total of them. */
export function newOrder(parts: OrderParts): UnwrittenOrder {
  const { wanted, shop, fields, lines, products, customerId, at } = parts;
  const { form, by } = wanted;
  requireCurrency(lines, products, shop.currency);
  const day = dayIn(shop.timeZone, at);
  const items = lines.flatMap(({ productId, quantity }) => {
    const product = products.get(productId);
    return product ? [asItem(product, quantity, day)] : [];
  });
  const customer = asCustomer(wanted.customer);
  return {
    shopId: shop._id,
    customer,
    customerId,
    channel: wanted.channel,
    formId: form?._id ?? null,
    formVersion: form?.version ?? null,
    formName: form?.name ?? '',
    fields,
    items,
    totalAmount: requireTotal(items),
    currency: shop.currency,
    status: 'pending',
    paymentStatus: 'unpaid',
    payments: [],
    paymentIntentId: null,
    paymentMethod: wanted.paymentMethod,
    notes: wanted.notes,
    history: [{ at, by: by ? new Types.ObjectId(by) : null, from: null, to: 'pending', note: '' }],
    searchWords: searchWordsOf([customer.name, customer.email], [customer.phone]),
  };
}

/**
 * What was priced while the shop changed its currency is not sold at a number of the other one.
 * @throws AppError `conflict` saying what to do
 */
function requireCurrency(
  lines: OrderLine[],
  products: Map<string, Product>,
  currency: string,
): void {
  for (const { productId } of lines) {
    const product = products.get(productId);
    if (!product || product.currency === currency) continue;
    throw AppError.conflict(
      'conflict',
      `${product.name} is priced in ${product.currency}, the shop sells in ${currency}: ` +
        'save its price again.',
    );
  }
}

function asItem(product: Product, quantity: number, day: string): Order['items'][number] {
  return {
    productId: product._id,
    productName: product.name,
    quantity,
    price: priceAt(product, day),
    taken: false,
  };
}

function asCustomer({ name, phone, email, address }: OrderCustomerDto): Order['customer'] {
  return {
    name: name.trim(),
    phone: phone ?? '',
    email: email ?? '',
    address: address ?? '',
  };
}

function requireTotal(items: Order['items']): number {
  try {
    return orderTotal(items);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw AppError.validation([{ field: 'items', message: `items: ${error.message}` }]);
  }
}
