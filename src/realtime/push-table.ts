import type { DomainEventMap, DomainEventName } from '../events/event-catalogue.js';
import { shopRoom } from './rooms.js';

interface Push<Payload> {
  /** Name of the event on the wire. */
  as: string;
  room: (payload: Payload) => string;
  data: (payload: Payload) => object;
}

const toShop = ({ shopId }: { shopId: string }): string => shopRoom(shopId);

/** The realtime contract: which domain event reaches which room, under which name, with what. */
export const PUSH_TABLE: { [N in DomainEventName]?: Push<DomainEventMap[N]> } = {
  'message.created': { as: 'message:new', room: toShop, data: ({ message }) => message },
  'conversation.updated': {
    as: 'conversation:update',
    room: toShop,
    data: ({ conversation }) => conversation,
  },
  'order.created': { as: 'order:update', room: toShop, data: ({ order }) => order },
  'order.updated': { as: 'order:update', room: toShop, data: ({ order }) => order },
};
