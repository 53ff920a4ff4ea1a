import { ConversationResponse } from '../conversations/dto/conversation.response.js';
import { MessageResponse } from '../conversations/dto/message.response.js';
import { PublicMessageResponse } from '../conversations/dto/public-message.response.js';
import type { DomainEventMap, DomainEventName } from '../events/event-catalogue.js';
import { ClearedNotificationsResponse } from '../notifications/dto/cleared-notifications.response.js';
import type { Command } from './doors.js';
import { ChatStatusResponse } from './dto/chat-status.response.js';
import { chatRoom, shopRoom, userRoom } from './rooms.js';

export interface Push<Payload> {
  /** Name of the event on the wire. */
  as: string;
  /** Who is in the room, for the docs. */
  to: 'team' | 'customer' | 'one of the team';
  summary: string;
  /** Name of the shape among those of the REST answers, or a class of our own. */
  shape: string;
  room: (payload: Payload) => string;
  /** Undefined when it is not for them. */
  data: (payload: Payload) => object | undefined;
}

type Pushes = { [N in DomainEventName]?: Push<DomainEventMap[N]>[] };

const toShop = ({ shopId }: { shopId: string }): string => shopRoom(shopId);
const order = {
  as: 'order:update',
  to: 'team',
  shape: 'OrderResponse',
  room: toShop,
  data: (payload: DomainEventMap['order.created']) => payload.order,
} as const;

/** The realtime contract: which domain event reaches which room, under which name, with what. */
export const PUSH_TABLE: Pushes = {
  'message.created': [
    {
      as: 'message:new',
      to: 'team',
      summary: 'A message, or a note, was added to a conversation.',
      shape: MessageResponse.name,
      room: toShop,
      data: ({ message }) => message,
    },
    {
      as: 'message:new',
      to: 'customer',
      summary: 'A message was added to the chat; notes never come here.',
      shape: PublicMessageResponse.name,
      room: ({ message }) => chatRoom(message.conversationId),
      data: ({ message }) => (message.isNote ? undefined : PublicMessageResponse.of(message)),
    },
  ],
  'conversation.updated': [
    {
      as: 'conversation:update',
      to: 'team',
      summary: 'A conversation was opened or changed.',
      shape: ConversationResponse.name,
      room: toShop,
      data: ({ conversation }) => conversation,
    },
    {
      as: 'conversation:update',
      to: 'customer',
      summary: 'The chat was opened or closed.',
      shape: ChatStatusResponse.name,
      room: ({ conversation }) => chatRoom(conversation.id),
      // Not at every change: that there is a note, or a tag, is the team's own.
      data: ({ conversation, hasNewStatus }) =>
        hasNewStatus ? ChatStatusResponse.of(conversation) : undefined,
    },
  ],
  'order.created': [{ ...order, summary: 'An order was placed.' }],
  'order.updated': [{ ...order, summary: 'An order has changed.' }],
  'notification.raised': [
    {
      as: 'notification',
      to: 'one of the team',
      summary: 'You are told something; the same `id` again takes the place of the one before.',
      shape: 'NotificationResponse',
      room: ({ userId }) => userRoom(userId),
      data: ({ notification }) => notification,
    },
  ],
  'notifications.cleared': [
    {
      as: 'notification:cleared',
      to: 'one of the team',
      summary: 'You have read, or deleted, notifications on one of your devices.',
      shape: ClearedNotificationsResponse.name,
      room: ({ userId }) => userRoom(userId),
      data: ({ cleared }) => cleared,
    },
  ],
  'payment.updated': [
    {
      as: 'payment:update',
      to: 'team',
      summary: 'A payment has come further, was refunded, or somebody should look at it.',
      shape: 'PaymentResponse',
      room: toShop,
      data: ({ payment }) => payment,
    },
  ],
};

/** What the doors push of an event. */
export function commandsFor<N extends DomainEventName>(
  name: N,
  payload: DomainEventMap[N],
): Command[] {
  return (PUSH_TABLE[name] ?? []).flatMap(({ as, room, data }): Command[] => {
    const told = data(payload);
    return told ? [{ do: 'emit', room: room(payload), event: as, data: told }] : [];
  });
}
