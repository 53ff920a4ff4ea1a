import type { ConversationResponse } from '../conversations/dto/conversation.response.js';
import type { MessageResponse } from '../conversations/dto/message.response.js';
import type { IntegrationResponse } from '../integrations/dto/integration.response.js';
import type { ClearedNotificationsResponse } from '../notifications/dto/cleared-notifications.response.js';
import type { NotificationResponse } from '../notifications/dto/notification.response.js';
import type { OrderResponse } from '../orders/dto/order.response.js';
import type { PaymentResponse } from '../payments/dto/payment.response.js';
import type { ProductResponse } from '../products/dto/product.response.js';
import type { ShopResponse, TeamMemberResponse } from '../shops/dto/shop.response.js';
import type { WebhookResponse } from '../webhooks/dto/webhook.response.js';

/** Who gave a conversation to whom, and the shop's number of that. */
export interface ConversationAssignment {
  to: string;
  by: string | null;
  seq: number;
}

/** What there is of a customer who was erased, by id. */
export interface ErasedCustomer {
  shopId: string;
  erasedAt: Date;
  orderIds: string[];
  paymentIds: string[];
  conversationIds: string[];
}

/** A product of which few pieces are left, at the change of its stock that made them few. */
export interface LowStock {
  id: string;
  name: string;
  stock: number;
  /** Number of that change. */
  stockVersion: number;
}

/** Every domain event and what it carries: the shapes of the REST answers, so neither can drift. */
export interface DomainEventMap {
  /** A message was added to a conversation. */
  'message.created': {
    shopId: string;
    message: MessageResponse;
    /** Of its conversation. */
    chat: Pick<ConversationResponse, 'customerName' | 'assigneeId'>;
  };
  /** A conversation was opened or changed. */
  'conversation.updated': {
    shopId: string;
    conversation: ConversationResponse;
    /** Whether the team has set its status. */
    hasNewStatus?: boolean;
    /** Whom this change has given it to. */
    assignment?: ConversationAssignment;
  };
  /** A session was ended: signed out, revoked, or its token was stolen. */
  'session.ended': { userId: string; sessionId: string };
  /** Every session of a user was ended but one: a new password, a disabled account. */
  'sessions.ended': { userId: string; exceptSessionId?: string };
  /** Somebody joined a shop's team, got another role there, or (null) is no longer in it. */
  'membership.changed': { shopId: string; userId: string; role: TeamMemberResponse['role'] | null };
  /** A member changed a shop or its settings. */
  'shop.updated': { shopId: string; shop: ShopResponse };
  /** A product was added to the catalogue. */
  'product.created': { shopId: string; product: ProductResponse };
  /** A product was changed by a member. */
  'product.updated': { shopId: string; product: ProductResponse };
  /** A product was taken out of the catalogue. */
  'product.deleted': { shopId: string; productId: string };
  /** Every delivery to an integrator's webhook has failed for days. */
  'webhook.paused': { shopId: string; webhook: WebhookResponse };
  /** The stock of a product has sunk to a few pieces. */
  'stock.low': { shopId: string; product: LowStock };
  /** Somebody is told something. */
  'notification.raised': { shopId: string; userId: string; notification: NotificationResponse };
  /** Somebody has read, or deleted, what they were told: these, or everything. */
  'notifications.cleared': { userId: string; cleared: ClearedNotificationsResponse };
  /** A customer was erased: what was made of what these held of them holds it no more. */
  'customer.erased': ErasedCustomer;
  /** An order was placed. */
  'order.created': { shopId: string; order: OrderResponse };
  /** An order changed. */
  'order.updated': { shopId: string; order: OrderResponse };
  /** A payment has come further, was refunded, or somebody should look at it. */
  'payment.updated': { shopId: string; payment: PaymentResponse };
  /** A page, account or bot was connected, or another one chosen. */
  'integration.connected': { shopId: string; integration: IntegrationResponse };
  /** A connection was ended, by a member or at the platform. */
  'integration.disconnected': {
    shopId: string;
    integration: IntegrationResponse;
    by: 'member' | 'platform';
  };
  /** A connection is dead: somebody must connect again. */
  'integration.failed': { shopId: string; integration: IntegrationResponse };
  /** A connection will die in a week unless somebody connects again. */
  'integration.expiring': { shopId: string; integration: IntegrationResponse };
}

export type DomainEventName = keyof DomainEventMap;
