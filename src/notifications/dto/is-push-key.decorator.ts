import { ECDH } from 'node:crypto';
import { ValidateBy } from 'class-validator';

/** A point on the curve P-256, uncompressed, in base64url: with any other nothing could be encrypted. */
export function IsPushKey(): PropertyDecorator {
  return ValidateBy({
    name: 'isPushKey',
    validator: {
      validate: isPoint,
      defaultMessage: (args) => `${args?.property} must be a public key of P-256 in base64url`,
    },
  });
}

function isPoint(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[\w-]{87}=?$/.test(value)) return false;
  try {
    ECDH.convertKey(value, 'prime256v1', 'base64url', 'hex', 'uncompressed');
    return Buffer.from(value, 'base64url')[0] === 4;
  } catch {
    return false;
  }
}
