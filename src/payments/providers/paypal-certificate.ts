import { type KeyObject, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

export interface CertifiedKey {
  key: KeyObject;
  /** When its certificate ends, in ms since 1970. */
  until: number;
}

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** More than any chain has. */
const MAX_CERTIFICATES = 8;
/** Of `messageverificationcerts.paypal.com` and `.sandbox.paypal.com`, as certificates name them. */
const PAYPAL_NAME = /^CN=([a-z0-9-]+\.)+paypal\.com$/im;

let knownRoots: X509Certificate[] | undefined;

/** The authorities that this Node trusts. */
export function trustedRoots(): X509Certificate[] {
  knownRoots ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return knownRoots;
}

/**
 * The key of the first certificate in `pem`: an RSA key, whose dates hold at `now`.
 *
 * With `roots` it must name a host of paypal.com, and whatever of its chain is there must be right:
 * every issuer in the file or among `roots` has really signed, is an authority, and is in its dates;
 * nobody is his own issuer but a root. Not checked: whether it was revoked, and who stands above the
 * last certificate of the file when that is no root of ours. PayPal may send its certificate alone,
 * and Node has no way to fetch the one between; that PayPal serves it is then known by the TLS
 * connection it was loaded over, which is checked in full.
 * @throws Error a sentence of what is wrong
 */
export function certifiedKey(
  pem: string,
  now: Date,
  roots: readonly X509Certificate[] | null,
): CertifiedKey {
  const texts = pem.match(PEM) ?? [];
  if (texts.length > MAX_CERTIFICATES) throw new Error('there are too many certificates.');
  const [leaf, ...others] = texts.map(parse);
  if (!leaf) throw new Error('there is no certificate.');
  requireDates(leaf, now);
  if (leaf.publicKey.asymmetricKeyType !== 'rsa') throw new Error('its key is not an RSA key.');
  if (roots) {
    if (!PAYPAL_NAME.test(leaf.subject)) throw new Error("the certificate is not PayPal's.");
    requireChain(leaf, others, { roots, now });
  }
  return { key: leaf.publicKey, until: Date.parse(leaf.validTo) };
}

function parse(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new Error('the certificate cannot be read.');
  }
}

function requireChain(
  leaf: X509Certificate,
  others: X509Certificate[],
  { roots, now }: { roots: readonly X509Certificate[]; now: Date },
): void {
  let current = leaf;
  for (let step = 0; step <= others.length; step++) {
    const { fingerprint256, subject } = current;
    if (roots.some((root) => root.fingerprint256 === fingerprint256)) return;
    const above = [...roots, ...others].filter((one) => current.checkIssued(one));
    const isOwnIssuer = current.issuer === subject;
    if (above.length === 0 && !isOwnIssuer) return;
    const issuer = above.find((one) => one.ca && current.verify(one.publicKey));
    if (!issuer || isOwnIssuer) {
      throw new Error('nobody who is trusted here has issued the certificate.');
    }
    requireDates(issuer, now);
    current = issuer;
  }
}

function requireDates({ validFrom, validTo }: X509Certificate, now: Date): void {
  const time = now.getTime();
  if (time < Date.parse(validFrom) || time > Date.parse(validTo)) {
    throw new Error('the certificate is out of date.');
  }
}
