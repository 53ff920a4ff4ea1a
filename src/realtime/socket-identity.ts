import type { CustomerAccess } from '../auth/customer-tokens.service.js';
import type { Caller } from '../platform/http/access.decorators.js';

/** Whom a socket is of: somebody who is signed in, or a customer with the token of their chat. */
export type SocketIdentity =
  ({ kind: 'member' } & Caller) | ({ kind: 'customer' } & CustomerAccess);

/** Names the person, to count and to limit what they open. */
export function personOf(identity: SocketIdentity): string {
  return identity.kind === 'member' ? identity.userId : `chat ${identity.subjectId}`;
}
