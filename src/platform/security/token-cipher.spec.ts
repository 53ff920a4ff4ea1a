import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import { TokenCipher } from './token-cipher.js';

const PLACE = 'shop-1/facebook/accessToken';
const k1 = { id: 'k1', key: randomBytes(32) };
const k2 = { id: 'k2', key: randomBytes(32) };

const cipherWith = (...encryptionKeys: { id: string; key: Buffer }[]): TokenCipher =>
  new TokenCipher({ encryptionKeys } as AppConfig);

describe('TokenCipher', () => {
  it('opens what it sealed, never sealing twice the same way', () => {
    const cipher = cipherWith(k1);
    const sealed = cipher.seal('a token, မြန်မာ', PLACE);
    expect(cipher.open(sealed, PLACE)).toEqual({ text: 'a token, မြန်မာ' });
    expect(sealed).not.toContain('token');
    expect(cipher.seal('a token, မြန်မာ', PLACE)).not.toBe(sealed);
  });

  it('does not open what was moved to another place', () => {
    const cipher = cipherWith(k1);
    const sealed = cipher.seal('a token', PLACE);
    for (const other of ['shop-2/facebook/accessToken', 'shop-1/facebook/refreshToken', '']) {
      expect(cipher.open(sealed, other)).toEqual({ problem: 'damaged' });
    }
  });

  it('seals under the first key, and opens under all', () => {
    const old = cipherWith(k1).seal('a token', PLACE);
    const rotated = cipherWith(k2, k1);
    expect(rotated.open(old, PLACE)).toEqual({ text: 'a token' });
    expect(rotated.seal('a token', PLACE)).toMatch(/^k2\./);
    expect(cipherWith(k2).open(old, PLACE)).toEqual({ problem: 'unknown_key' });
    expect(cipherWith({ id: 'k1', key: k2.key }).open(old, PLACE)).toEqual({ problem: 'damaged' });
  });

  it('calls damaged whatever differs in one bit, is cut short or is no sealed text', () => {
    const cipher = cipherWith(k1);
    const sealed = cipher.seal('a token', PLACE);
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      const text = `k1.${changed.toString('base64url')}`;
      expect(cipher.open(text, PLACE), `byte ${index}`).toEqual({ problem: 'damaged' });
    }
    for (const text of ['', 'k1', 'k1.', 'k1.AAAA', sealed.slice(0, -4), `x${sealed}.y`]) {
      expect(cipher.open(text, PLACE), text).toEqual({ problem: 'damaged' });
    }
  });
});
