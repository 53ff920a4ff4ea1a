import { createHash } from 'node:crypto';
import type { ProviderEvent } from './payment-provider.js';
import { type Json, objectOf, objectsOf, parseObject, textOf } from './paypal-reading.js';
import {
  captureIdOf,
  orderIdOf,
  paymentOfCapture,
  paymentOfOrder,
  refundOf,
} from './paypal-views.js';

type Told = Omit<ProviderEvent, 'id' | 'type' | 'isLive' | 'occurredAt'>;

/** The word of the API for what an event's name says, where its resource has none that is known. */
const STATUS_BY_TYPE: Record<string, string> = {
  'PAYMENT.CAPTURE.COMPLETED': 'COMPLETED',
  'PAYMENT.CAPTURE.PENDING': 'PENDING',
  'PAYMENT.CAPTURE.DENIED': 'DENIED',
  'PAYMENT.CAPTURE.DECLINED': 'DECLINED',
};

/**
 * Reads `{id, event_type, create_time, resource}`. What is not in the documented shape tells of no
 * payment, without an error: it is stored, and repeating it would not mend it.
 * @param now stands for a time that is not readable
 */
export function readPaypalEvent(
  body: string,
  { isLive, now }: { isLive: boolean; now: Date },
): ProviderEvent {
  const event = parseObject(body) ?? {};
  const digest = createHash('sha256').update(body).digest('hex');
  const type = textOf(event['event_type']) ?? 'unreadable';
  const createdAt = new Date(textOf(event['create_time']) ?? NaN);
  return {
    id: textOf(event['id']) ?? `unreadable-${digest}`,
    type,
    isLive,
    occurredAt: Number.isNaN(createdAt.getTime()) ? now : createdAt,
    ...tell(type, objectOf(event['resource']), isLive),
  };
}

function tell(type: string, resource: Json, isLive: boolean): Told {
  switch (type) {
    case 'CHECKOUT.ORDER.APPROVED':
      return tellApproval(resource, isLive);
    case 'CHECKOUT.PAYMENT-APPROVAL.REVERSED':
      return tellReversedApproval(resource, isLive);
    case 'PAYMENT.CAPTURE.COMPLETED':
    case 'PAYMENT.CAPTURE.PENDING':
    case 'PAYMENT.CAPTURE.DENIED':
    case 'PAYMENT.CAPTURE.DECLINED':
      return tellCapture(type, resource, isLive);
    case 'PAYMENT.CAPTURE.REVERSED':
      // Most tell of the refund that the reversal made, some of the capture itself.
      return captureIdOf(resource) === undefined
        ? tellReversedCapture(resource, isLive)
        : tellRefund(resource);
    case 'PAYMENT.CAPTURE.REFUNDED':
      return tellRefund(resource);
    default:
      return {};
  }
}

function tellApproval(order: Json, isLive: boolean): Told {
  const payment = paymentOfOrder(order, isLive);
  return payment ? { providerId: payment.providerId, payment, isApproval: true } : {};
}

/** Its resource names the order in `order_id`, and mostly no amount: then only the order is told. */
function tellReversedApproval(resource: Json, isLive: boolean): Told {
  const providerId = textOf(resource['order_id']) ?? textOf(resource['id']);
  const units = objectsOf(resource['purchase_units']);
  const order = { id: providerId, status: 'VOIDED', purchase_units: units };
  const payment = paymentOfOrder(order, isLive);
  const paymentId = textOf(units[0]?.['custom_id']);
  return { providerId, ...(paymentId ? { paymentId } : {}), payment };
}

function tellCapture(type: string, resource: Json, isLive: boolean): Told {
  const payment =
    paymentOfCapture(resource, { isLive }) ??
    paymentOfCapture({ ...resource, status: STATUS_BY_TYPE[type] }, { isLive });
  return payment
    ? { providerId: payment.providerId, captureId: payment.captureId, payment }
    : { captureId: textOf(resource['id']), paymentId: textOf(resource['custom_id']) };
}

/** The bank has taken all of it back. */
function tellReversedCapture(resource: Json, isLive: boolean): Told {
  return tellCapture('', { ...resource, status: 'REFUNDED' }, isLive);
}

/** The amount of the payment itself is not told, so there is no payment in it. */
function tellRefund(resource: Json): Told {
  return {
    providerId: orderIdOf(resource),
    captureId: captureIdOf(resource),
    paymentId: textOf(resource['custom_id']),
    refund: refundOf(resource),
  };
}
