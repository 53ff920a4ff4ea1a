import type { DomainEventMap } from '../events/event-catalogue.js';
import type { Permission } from '../shops/permissions.js';
import { keyOf } from './notification-keys.js';

export const NOTIFICATION_TYPES = ['info', 'success', 'warning', 'error'] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** The ways by which somebody can be told. */
export const WAYS = ['push', 'inApp'] as const;
export type Way = (typeof WAYS)[number];

export const NOTIFICATION_KINDS = [
  'new_order',
  'new_message',
  'assignment',
  'mention',
  'payment_received',
  'payment_failed',
  'integration_failed',
  'low_stock',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/**
 * Everybody of the team whose role has a permission, or the member whom it concerns; `orElse` is told
 * where that one is of the team no more.
 */
export type Audience = { all: Permission } | { member: string; orElse?: Permission };

/** What somebody is told of one thing that happened. */
export interface Told {
  shopId: string;
  kind: NotificationKind;
  to: Audience;
  /** Who did it, and need not be told. */
  by: string | null;
  /** Names the thing: one notification for each person and key, however often it is told. */
  key: string;
  /** Order of what is told under one key: only what is newer tells anew. */
  version: number;
  title: string;
  message: string;
  about: About;
}

/** What the notification leads to. */
export interface About {
  orderId?: string;
  conversationId?: string;
  productId?: string;
  paymentId?: string;
}

interface Kind {
  label: string;
  type: NotificationType;
  /** How soon a sleeping device should be woken for it (RFC 8030, 5.3). */
  urgency: 'low' | 'normal' | 'high';
  /** Whether the same thing happens again, and rises in the feed then. */
  recurs: boolean;
  /** The ways that are on until a person turns them off. */
  ways: Record<Way, boolean>;
}

const BOTH = { push: true, inApp: true };
const IN_APP = { push: false, inApp: true };

/** THE table, first half: what there is to tell, and how. */
export const KINDS: Record<NotificationKind, Kind> = {
  new_order: { label: 'New order', type: 'success', urgency: 'high', recurs: false, ways: BOTH },
  new_message: { label: 'New message', type: 'info', urgency: 'high', recurs: true, ways: BOTH },
  assignment: { label: 'Given to you', type: 'info', urgency: 'normal', recurs: true, ways: BOTH },
  mention: {
    label: 'Mentioned in a note',
    type: 'info',
    urgency: 'normal',
    recurs: false,
    ways: BOTH,
  },
  payment_received: {
    label: 'Payment',
    type: 'success',
    urgency: 'normal',
    recurs: false,
    ways: BOTH,
  },
  payment_failed: {
    label: 'Failed payment',
    type: 'warning',
    urgency: 'normal',
    recurs: false,
    ways: IN_APP,
  },
  integration_failed: {
    label: 'Broken channel',
    type: 'error',
    urgency: 'high',
    recurs: true,
    ways: BOTH,
  },
  low_stock: { label: 'Low stock', type: 'warning', urgency: 'low', recurs: true, ways: BOTH },
};

/** Whom the words of a note name: their user ids. */
export type Mentions = readonly string[];

type Tellers = {
  [N in keyof DomainEventMap]?: (payload: DomainEventMap[N], mentions: Mentions) => Told[];
};

/** THE table, second half: which event tells whom what. */
export const TOLD = {
  'order.created': ({ shopId, order }) => [
    {
      shopId,
      kind: 'new_order',
      to: { all: 'orders:read' },
      by: order.history[0]?.by ?? null,
      key: keyOf.order(order.id),
      version: 1,
      title: `New order ${order.orderId}`,
      message: `${order.customer.name}: ${amount(order.totalAmount, order.currency)}`,
      about: { orderId: order.id },
    },
  ],
  'message.created': ({ shopId, message, chat }, mentions) => {
    const about = { conversationId: message.conversationId };
    const said = message.text || message.attachment?.name || message.attachment?.type || '';
    const common = { shopId, by: message.senderId, message: excerpt(said), about };
    if (message.isNote) {
      return mentions.map((userId) => ({
        ...common,
        kind: 'mention',
        to: { member: userId },
        key: keyOf.mention(message.conversationId, message.id),
        version: 1,
        title: `You are mentioned in the chat with ${chat.customerName}`,
      }));
    }
    if (message.sender !== 'user') return [];
    return [
      {
        ...common,
        kind: 'new_message',
        to: chat.assigneeId
          ? { member: chat.assigneeId, orElse: 'conversations:read' }
          : { all: 'conversations:read' },
        key: keyOf.messages(message.conversationId),
        version: message.messageNumber,
        title: chat.customerName,
      },
    ];
  },
  'conversation.updated': ({ shopId, conversation, assignment }) =>
    assignment
      ? [
          {
            shopId,
            kind: 'assignment',
            to: { member: assignment.to },
            by: assignment.by,
            key: keyOf.assignment(conversation.id),
            version: assignment.seq,
            title: `The chat with ${conversation.customerName} is yours`,
            message: conversation.lastMessage,
            about: { conversationId: conversation.id },
          },
        ]
      : [],
  'payment.updated': ({ shopId, payment }) => {
    if (payment.status === 'succeeded') return [ofPayment(shopId, payment, 'payment_received')];
    return payment.status === 'failed' ? [ofPayment(shopId, payment, 'payment_failed')] : [];
  },
  'integration.failed': ({ shopId, integration: { platform, displayName, health } }) => [
    {
      shopId,
      kind: 'integration_failed',
      to: { all: 'shop:write' },
      by: null,
      key: `integration:${platform}`,
      version: Date.parse(health.checkedAt ?? '') || 1,
      title: `${platform} does not work any more`,
      message: excerpt(`Connect ${displayName || platform} again.`),
      about: {},
    },
  ],
  'integration.expiring': ({
    shopId,
    integration: { platform, displayName, reconnectBy = '' },
  }) => [
    {
      shopId,
      kind: 'integration_failed',
      to: { all: 'shop:write' },
      by: null,
      key: `integration:${platform}:expiring`,
      version: Date.parse(reconnectBy) || 1,
      title: `${platform} must be connected again soon`,
      message: excerpt(
        `Connect ${displayName || platform} again before ${reconnectBy.slice(0, 10)}.`,
      ),
      about: {},
    },
  ],
  'webhook.paused': ({ shopId, webhook: { id, url, pauseReason, pausedAt } }) => [
    {
      shopId,
      kind: 'integration_failed',
      to: { all: 'webhooks:write' },
      by: null,
      key: `webhook:${id}`,
      version: Date.parse(pausedAt ?? '') || 1,
      title: `The webhook at ${new URL(url).host} is paused`,
      message: excerpt(pauseReason ?? ''),
      about: {},
    },
  ],
  'stock.low': ({ shopId, product }) => [
    {
      shopId,
      kind: 'low_stock',
      to: { all: 'products:write' },
      by: null,
      key: `stock:${product.id}`,
      version: product.stockVersion,
      title: `${product.name}: low stock`,
      message: product.stock === 1 ? '1 piece is left.' : `${product.stock} pieces are left.`,
      about: { productId: product.id },
    },
  ],
} as const satisfies Tellers;

export type ToldEvent = keyof typeof TOLD;

function ofPayment(
  shopId: string,
  payment: DomainEventMap['payment.updated']['payment'],
  kind: 'payment_received' | 'payment_failed',
): Told {
  const { id, orderId, orderNumber, currency } = payment;
  const isPaid = kind === 'payment_received';
  return {
    shopId,
    kind,
    to: { all: 'payments:read' },
    by: payment.by,
    key: keyOf.payment(kind, id),
    version: 1,
    title: isPaid ? `Order ${orderNumber} is paid` : `A payment of ${orderNumber} failed`,
    message: isPaid
      ? amount(payment.capturedAmount, currency)
      : excerpt(payment.failure?.message ?? amount(payment.amount, currency)),
    about: { orderId, paymentId: id },
  };
}

function amount(decimal: number, currency: string): string {
  return `${decimal} ${currency}`;
}

const EXCERPT_CHARACTERS = 200;

function excerpt(text: string): string {
  // A cut inside an emoji would leave half of it.
  return text.slice(0, EXCERPT_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}
