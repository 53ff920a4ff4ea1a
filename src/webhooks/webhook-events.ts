import { createHash } from 'node:crypto';
import { identityOf } from '../events/durable-events.js';
import type { DomainEventMap, DomainEventName } from '../events/event-catalogue.js';

type Teller<N extends DomainEventName> = (payload: DomainEventMap[N]) => object | null;

/**
 * What integrators can be told, and what of it: null for what is the team's own. Notes, and which
 * member does what at this moment, stay inside.
 */
const TOLD = {
  'order.created': ({ order }) => ({ order }),
  'order.updated': ({ order }) => ({ order }),
  'payment.updated': ({ payment }) => ({ payment }),
  'product.created': ({ product }) => ({ product }),
  'product.updated': ({ product }) => ({ product }),
  'product.deleted': ({ productId }) => ({ productId }),
  'message.created': ({ message }) => (message.isNote ? null : { message }),
  'conversation.updated': ({ conversation: { notes: _, messages: __, ...conversation } }) => ({
    conversation,
  }),
} as const satisfies { [N in DomainEventName]?: Teller<N> };

/** The order or conversation that an event is about: when its customer is erased, so is what was sent. */
const SUBJECT: { [N in DomainEventName]?: (payload: DomainEventMap[N]) => string } = {
  'order.created': ({ order }) => order.id,
  'order.updated': ({ order }) => order.id,
  'payment.updated': ({ payment }) => payment.orderId,
  'message.created': ({ message }) => message.conversationId,
  'conversation.updated': ({ conversation }) => conversation.id,
};

export type WebhookEventName = keyof typeof TOLD;
export const WEBHOOK_EVENTS = Object.keys(TOLD) as WebhookEventName[];

/** What a delivery of the test route is. */
export const TEST_EVENT = 'webhook.test';

/** An event as it is sent: `body` is what is signed. */
export interface WebhookEvent {
  id: string;
  name: WebhookEventName | typeof TEST_EVENT;
  subject?: string;
  body: string;
}

/** Undefined for what integrators are not told. The same event told twice has the same id. */
export function webhookEventOf<N extends WebhookEventName>(
  name: N,
  payload: DomainEventMap[N],
  now: Date,
): WebhookEvent | undefined {
  const data = (TOLD[name] as Teller<N>)(payload);
  if (!data) return undefined;
  const identity = identityOf(name, payload) ?? JSON.stringify(data);
  const digest = createHash('sha256').update(`${payload.shopId} ${name} ${identity}`).digest('hex');
  const about = { id: `evt_${digest.slice(0, 32)}`, name, subject: SUBJECT[name]?.(payload) };
  return eventOf({ ...about, shopId: payload.shopId, data }, now);
}

export function eventOf(
  {
    id,
    name,
    subject,
    shopId,
    data,
  }: Omit<WebhookEvent, 'body'> & { shopId: string; data: object },
  now: Date,
): WebhookEvent {
  const body = JSON.stringify({ id, type: name, createdAt: now.toISOString(), shopId, data });
  return { id, name, body, ...(subject ? { subject } : {}) };
}
