import { nextDue } from './integration-schedule.js';
import type { NewConnection } from './new-connection.js';

/** What a connection that has ended no longer has. */
export const NOTHING = {
  isConnected: false,
  accessToken: undefined,
  refreshToken: undefined,
  keyId: undefined,
  expiresAt: undefined,
  renewedAt: undefined,
  reconnectBy: undefined,
  askedAt: undefined,
  untold: undefined,
  integrationKey: undefined,
  webhookSecretHash: undefined,
  pages: [],
  failures: 0,
};

/** What a row has of a new connection, but for its tokens. */
export function fieldsOf({ grant, account, pages, webhook }: NewConnection, now: Date) {
  const { expiresAt, reconnectBy } = grant;
  const times = { expiresAt, reconnectBy, renewedAt: now, askedAt: undefined };
  return {
    ...NOTHING,
    ...times,
    integrationKey: webhook?.integrationKey,
    webhookSecretHash: webhook?.webhookSecretHash,
    state: account ? ('connected' as const) : ('choose_page' as const),
    isConnected: account !== undefined,
    failure: undefined,
    pageId: account?.id,
    displayName: account?.name ?? '',
    platformUserId: grant.userId,
    scopes: grant.scopes,
    pages: pages.map(({ id, name }) => ({ id, name })),
    connectedAt: now,
    checkedAt: now,
    dueAt: nextDue(times, now),
  };
}
