import { verify } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError } from '../../platform/http/app-error.js';
import type { PaypalCertificates } from './paypal-certificates.js';

type Headers = Record<string, string | string[] | undefined>;

const ALGORITHM = 'SHA256withRSA';
/** With this id PayPal's simulator signs for everybody. */
const SIMULATOR_ID = 'WEBHOOK_ID';
const MAX_HEADER = 1_000;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
/**
 * PayPal tries for three days, and whether a later try bears the time of the first is not documented:
 * refusing those would lose events. That old ones can be sent again does no harm, as each is taken
 * once by its id.
 */
const MAX_AGE_MS = 4 * 24 * 3_600_000;
const MAX_AHEAD_MS = 5 * 60_000;

/**
 * Proves webhooks offline, as PayPal documents it: RSA-SHA256 over
 * `transmission id|transmission time|webhook id|CRC-32 of the raw body, as an unsigned decimal`.
 */
export class PaypalWebhooks {
  constructor(
    private readonly webhookId: string | undefined,
    private readonly certificates: PaypalCertificates,
  ) {}

  /** @throws AppError 400 `invalid_signature` */
  async verify(body: Buffer, headers: Headers, now: Date): Promise<void> {
    const { webhookId } = this;
    if (!webhookId || webhookId === SIMULATOR_ID) {
      throw invalid('set PAYPAL_WEBHOOK_ID to the id of the webhook in the account.');
    }
    const id = required(headers, 'paypal-transmission-id');
    const time = required(headers, 'paypal-transmission-time');
    const signature = required(headers, 'paypal-transmission-sig');
    const address = required(headers, 'paypal-cert-url');
    if (required(headers, 'paypal-auth-algo') !== ALGORITHM) {
      throw invalid(`only ${ALGORITHM} is accepted.`);
    }
    requireTimely(time, now);
    const message = `${id}|${time}|${webhookId}|${crc32(body)}`;
    const key = await this.certificates.getKey(address, now).catch((error: unknown) => {
      throw invalid((error as Error).message);
    });
    if (!verify('sha256', Buffer.from(message), key, Buffer.from(signature, 'base64'))) {
      throw invalid('it was not made for this body and this webhook id.');
    }
  }
}

function requireTimely(text: string, now: Date): void {
  const ageMs = TIME.test(text) ? now.getTime() - Date.parse(text) : NaN;
  // What is no time has no age, and passes neither.
  if (ageMs <= MAX_AGE_MS && ageMs >= -MAX_AHEAD_MS) return;
  throw invalid('its time is too old, or lies ahead: check the clock of this server.');
}

function required(headers: Headers, name: string): string {
  const value = headers[name];
  if (typeof value === 'string' && value !== '' && value.length <= MAX_HEADER) return value;
  throw invalid(`the header ${name} is missing or malformed.`);
}

function invalid(why: string): AppError {
  return new AppError('invalid_signature', `The signature of this webhook is wrong: ${why}`);
}
