import { createHash, randomBytes } from 'node:crypto';

const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** 32 random bytes as 43 characters that need no escape anywhere. */
export function makeOneTimeSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function isOneTimeSecret(text: unknown): text is string {
  return typeof text === 'string' && SHAPE.test(text);
}

/** What is stored of a secret. */
export function hashOneTimeSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
