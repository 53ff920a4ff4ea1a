import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../platform/http/app-error.js';

/** How far from our clock a signature may be, in the past as in the future. */
const TOLERANCE_S = 300;
const MS_PER_S = 1000;

/**
 * Stripe's scheme (docs.stripe.com/webhooks/signature): `t=<seconds>,v1=<hex>[,v1=...]`, each `v1` an
 * HMAC-SHA256 of `<t>.<body>` under a secret of the endpoint. The SDK's own check decodes the body
 * before it signs it, so that some other bytes pass as well, and takes signatures from the future.
 * @param secrets all that are believed at present
 * @throws AppError 400 `invalid_signature`
 */
export function requireStripeSignature(
  body: Buffer,
  header: string | string[] | undefined,
  { secrets, now }: { secrets: readonly string[]; now: Date },
): void {
  if (secrets.length === 0) {
    throw refused('No webhook of Stripe is believed here: set STRIPE_WEBHOOK_SECRET.');
  }
  if (body.length === 0) throw refused('The body is empty: send what was signed.');
  const { time, signatures } = parse(header);
  if (time === undefined || signatures.length === 0) {
    throw refused('The stripe-signature header is missing or broken: send it as Stripe made it.');
  }
  const expected = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${time}.`).update(body).digest(),
  );
  const isRight = signatures.some((sent) => expected.some((own) => timingSafeEqual(sent, own)));
  if (!isRight) throw refused('The signature of this webhook is wrong: check its secret.');
  if (Math.abs(now.getTime() / MS_PER_S - Number(time)) > TOLERANCE_S) {
    throw refused('The signature is too far from the present: check the clocks, and send it anew.');
  }
}

/** The time as it was signed, and every signature that could be one. */
function parse(header: unknown): { time?: string; signatures: Buffer[] } {
  if (typeof header !== 'string') return { signatures: [] };
  const parts = header.split(',').map((part) => part.split('='));
  const times = parts.flatMap(([name, value]) => (name === 't' ? [value ?? ''] : []));
  const signatures = parts.flatMap(([name, value = '']) =>
    name === 'v1' && /^[0-9a-f]{64}$/.test(value) ? [Buffer.from(value, 'hex')] : [],
  );
  const [time = ''] = times;
  return times.length === 1 && /^\d{1,12}$/.test(time) ? { time, signatures } : { signatures };
}

function refused(sentence: string): AppError {
  return new AppError('invalid_signature', sentence);
}
