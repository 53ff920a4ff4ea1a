import { createHmac, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** What an integrator verifies deliveries by. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/**
 * The header `Cliick-Signature`, see docs/webhooks.md.
 * @param secrets the current one and, for a day after it was changed, the one before
 */
export function signatureHeader(secrets: string[], body: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1_000);
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`,
  );
  return [`t=${seconds}`, ...signatures].join(',');
}
