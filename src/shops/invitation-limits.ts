import type { Hit } from '../platform/security/throttling.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PAUSE_MS = 2 * MINUTE_MS;

interface Sending {
  shopId: string;
  email: string;
  invitedBy: string;
}

/**
 * What an invitation counts against, since each is an e-mail to somebody who did not ask for it: a
 * pause before the same shop writes to the same address again, what one address gets from all shops
 * together, and what one person sends for all of theirs.
 */
export function invitationHits({ shopId, email, invitedBy }: Sending): Hit[] {
  return [
    { scope: 'invitation again', tracker: `${shopId} ${email}`, limit: 1, ttlMs: PAUSE_MS },
    { scope: 'invitations to', tracker: email, limit: 5, ttlMs: HOUR_MS },
    { scope: 'invitations by', tracker: invitedBy, limit: 50, ttlMs: HOUR_MS },
  ];
}
