import type { DomainEventMap, DomainEventName } from './event-catalogue.js';

/**
 * The events that are told again when a process dies over them: what they are about is a document that
 * says so itself. Two tellings of the same have the same identity.
 */
const IDENTITIES: { [N in DomainEventName]?: (payload: DomainEventMap[N]) => string } = {
  'order.created': ({ order }) => order.id,
  'order.updated': ({ order }) => `${order.id} ${order.seq}`,
  'message.created': ({ message }) => message.id,
  'conversation.updated': ({ conversation }) => `${conversation.id} ${conversation.seq}`,
};

/** Undefined for an event that nobody tells again. */
export function identityOf<N extends DomainEventName>(
  name: N,
  payload: DomainEventMap[N],
): string | undefined {
  const identity = IDENTITIES[name]?.(payload);
  return identity && `${name} ${identity}`;
}
