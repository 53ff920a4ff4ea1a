import { AppError } from '../platform/http/app-error.js';
import { isPublicHost } from '../platform/outbound/guarded-post.js';
import { listsHost } from '../platform/outbound/host-list.js';

const LOOK_UP_MS = 5_000;

/**
 * Checks an address that somebody wants to be told at. Where it leads is asked again at each delivery.
 * @param allowedHosts hosts that may be private and without TLS
 * @throws AppError `validation_failed`
 */
export async function requireWebhookUrl(text: string, allowedHosts: string[]): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refused('must be an https:// address');
  if (url.username || url.password) throw refused('must have no user name and no password');
  if (url.hash) throw refused('must have no #fragment');
  if (listsHost(allowedHosts, url)) return url.href;
  if (url.protocol !== 'https:') throw refused('must begin with https://');
  const isPublic = await withinTime(isPublicHost(url)).catch(() => undefined);
  if (isPublic === undefined) {
    throw refused(`must name a host that can be found: ${url.hostname} has no address`);
  }
  if (!isPublic) {
    throw refused(`must be reachable from the internet: ${url.hostname} is at a private address`);
  }
  return url.href;
}

function refused(what: string): AppError {
  return AppError.validation([{ field: 'url', message: `url ${what}` }]);
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), LOOK_UP_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
