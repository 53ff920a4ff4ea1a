import type { KeyObject } from 'node:crypto';
import { type CertifiedKey, certifiedKey, trustedRoots } from './paypal-certificate.js';
import { fetchText } from '../../platform/http/fetch-text.js';

export interface CertificateRules {
  /** Of the API; where it is not PayPal's own host, its certificates are accepted outside production. */
  apiBase: string;
  production: boolean;
  timeoutMs: number;
}

const MAX_BYTES = 64_000;
const MAX_KNOWN = 16;
/** Addresses come from requests that nobody has proved yet: so many are asked at a time. */
const MAX_LOADING = 8;
const PAYPAL_PATH = '/v1/notifications/certs/';

/**
 * The keys behind PAYPAL-CERT-URL. That address comes from the request, so that anybody could name a
 * certificate of his own: only PayPal's hosts are asked, over TLS and where its certificates lie.
 */
export class PaypalCertificates {
  private readonly known = new Map<string, CertifiedKey>();
  private readonly loading = new Map<string, Promise<CertifiedKey>>();

  constructor(private readonly rules: CertificateRules) {}

  /** @throws Error a sentence of why there is no key to believe */
  async getKey(address: string, now: Date): Promise<KeyObject> {
    const url = this.requireAllowed(address);
    const known = this.known.get(url.href);
    if (known && known.until > now.getTime()) return known.key;
    const begun = this.loading.get(url.href);
    if (begun) return (await begun).key;
    if (this.loading.size >= MAX_LOADING) throw new Error('too many certificates are asked for.');
    const loading = this.load(url, now);
    this.loading.set(url.href, loading);
    try {
      const certified = await loading;
      this.keep(url.href, certified);
      return certified.key;
    } finally {
      this.loading.delete(url.href);
    }
  }

  private requireAllowed(address: string): URL {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (!url || url.username || url.password || url.search || url.hash) {
      throw new Error('the address of the certificate is malformed.');
    }
    const isPaypal = url.protocol === 'https:' && isPaypalHost(url) && url.port === '';
    if ((isPaypal && url.pathname.startsWith(PAYPAL_PATH)) || this.isOwn(url)) return url;
    throw new Error("the address of the certificate is not PayPal's.");
  }

  /** A local server that stands for PayPal serves its certificates too; in production there is none. */
  private isOwn(url: URL): boolean {
    const base = new URL(this.rules.apiBase);
    return !this.rules.production && !isPaypalHost(base) && url.origin === base.origin;
  }

  private async load(url: URL, now: Date): Promise<CertifiedKey> {
    const { timeoutMs } = this.rules;
    const { status, text } = await fetchText(
      url.href,
      {},
      { timeoutMs, maxBytes: MAX_BYTES },
    ).catch((cause: unknown) => {
      throw new Error('its certificate could not be loaded.', { cause });
    });
    if (status !== 200) throw new Error('its certificate could not be loaded.');
    return certifiedKey(text, now, isPaypalHost(url) ? trustedRoots() : null);
  }

  private keep(href: string, certified: CertifiedKey): void {
    const [oldest] = this.known.keys();
    if (this.known.size >= MAX_KNOWN && oldest !== undefined) this.known.delete(oldest);
    this.known.set(href, certified);
  }
}

function isPaypalHost({ hostname }: URL): boolean {
  return hostname.endsWith('.paypal.com');
}
