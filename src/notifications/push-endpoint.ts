import { listsHost } from '../platform/outbound/host-list.js';

/** The push services of Chrome and its kin, Firefox, Safari and Edge. */
export const PUSH_HOSTS = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '*.push.apple.com',
  '*.notify.windows.com',
];

/**
 * Whether a browser's endpoint is one that we would call: https at a known service, or a host that the
 * operator has named, and nothing hidden in it.
 */
export function isPushEndpoint(text: string, allowedHosts: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username || url.password || url.hash) return false;
  const isOwn = listsHost(allowedHosts, url) && /^https?:$/.test(url.protocol);
  return isOwn || (url.protocol === 'https:' && listsHost(PUSH_HOSTS, url));
}

/** Whether a push may be silent: Safari takes the permission away from who shows nothing. */
export function mayBeSilent(endpoint: string): boolean {
  return !new URL(endpoint).hostname.endsWith('.push.apple.com');
}
