import type { ConversationResponse } from '../conversations/dto/conversation.response.js';
import type { MessageResponse } from '../conversations/dto/message.response.js';
import type { OrderResponse } from '../orders/dto/order.response.js';

/** Every domain event and what it carries: the shapes of the REST answers, so neither can drift. */
export interface DomainEventMap {
  /** A message was added to a conversation. */
  'message.created': { shopId: string; message: MessageResponse };
  /** A conversation was opened or changed. */
  'conversation.updated': { shopId: string; conversation: ConversationResponse };
  /** An order was placed. */
  'order.created': { shopId: string; order: OrderResponse };
  /** An order changed. */
  'order.updated': { shopId: string; order: OrderResponse };
}

export type DomainEventName = keyof DomainEventMap;
