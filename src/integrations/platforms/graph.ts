import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../platform/http/app-error.js';
import { callPlatform, type PlatformCall } from './platform-call.js';
import { PlatformFailure } from './platform-failure.js';
import { type Json, objectOf } from './platform-json.js';
import type { Delivery } from './platform.js';

/** developers.facebook.com/docs/messenger-platform/error-codes: the token is dead, whatever the subcode. */
const DEAD = 190;
/** Temporary, or too many calls. */
const UNAVAILABLE = [1, 2, 4, 17, 32, 341, 613, 80006];
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/**
 * A call to a Graph API, Facebook's or Instagram's, both of which answer
 * `{ error: { code, error_subcode, ... } }` when they refuse.
 * @throws PlatformFailure
 */
export async function callGraph(label: string, call: PlatformCall): Promise<Json> {
  const { status, body } = await callPlatform(label, call);
  const error = objectOf(body['error']);
  if (status < 300 && !error && body['error_type'] === undefined) return body;
  const code = Number(error?.['code'] ?? body['code']);
  if (code === DEAD) throw new PlatformFailure('dead', `${label} has ended the permission.`, code);
  if (UNAVAILABLE.includes(code)) {
    throw new PlatformFailure('unavailable', `${label} is busy or out of order.`, code);
  }
  throw new PlatformFailure('refused', `${label} refused.`, code);
}

/** Hex HMAC-SHA256 of the token under the app's secret, which an app may be set to require. */
export function appSecretProof(token: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(token).digest('hex');
}

/**
 * `X-Hub-Signature-256`, over the bytes as they came.
 * @param secrets of the apps that may have signed it
 * @throws AppError `invalid_signature`
 */
export function requireMetaSignature({ body, headers }: Delivery, secrets: string[]): void {
  const [, sent] = SIGNATURE.exec(String(headers['x-hub-signature-256'] ?? '')) ?? [];
  const isRight =
    sent !== undefined &&
    secrets.some((secret) =>
      timingSafeEqual(Buffer.from(sent, 'hex'), createHmac('sha256', secret).update(body).digest()),
    );
  if (isRight) return;
  throw new AppError(
    'invalid_signature',
    'The X-Hub-Signature-256 of this webhook is missing or wrong: check the app secret.',
  );
}
