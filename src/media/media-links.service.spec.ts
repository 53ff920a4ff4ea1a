import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../platform/config/app-config.js';
import { MediaLinks } from './media-links.service.js';

const BASE = 'https://api.example';
const PATH = `/media/private/6741c0c0a5f2d13b8c9e0041/${'0f'.repeat(16)}.jpg`;
const MINUTE_MS = 60_000;
const now = new Date('2026-03-01T10:04:59.000Z');

const linksOf = (jwtSecret: string): MediaLinks =>
  new MediaLinks({ jwtSecret, ownOrigin: BASE } as AppConfig);
const links = linksOf('a secret of an operator');

const after = (minutes: number): Date => new Date(now.getTime() + minutes * MINUTE_MS);
const signed = (by = links): { expires: string; signature: string } => {
  const { searchParams } = new URL(by.sign(BASE + PATH, now));
  return { expires: searchParams.get('expires')!, signature: searchParams.get('signature')! };
};

describe('the address of a private file', () => {
  it('is good for ten minutes at least and fifteen at most', () => {
    const { expires, signature } = signed();
    expect(links.verify(PATH, expires, signature, now)).toBeLessThanOrEqual(15 * 60);
    expect(links.verify(PATH, expires, signature, after(10))).toBeGreaterThan(0);
    const late = () => links.verify(PATH, expires, signature, after(15));
    expect(late).toThrow(expect.objectContaining({ code: 'link_expired' }));
  });

  it('is good for its own file and time alone, and under our secret', () => {
    const { expires, signature } = signed();
    const other = PATH.replace('0041', '0042');
    expect(() => links.verify(other, expires, signature, now)).toThrow('no longer good');
    const longer = String(Number(expires) + 300);
    expect(() => links.verify(PATH, longer, signature, now)).toThrow('no longer good');
    const forged = signed(linksOf('another secret'));
    expect(() => links.verify(PATH, forged.expires, forged.signature, now)).toThrow('no longer');
  });

  it('is signed anew, once, and no other address is', () => {
    const once = links.sign(BASE + PATH, now);
    expect(links.sign(once, after(5)).match(/signature=/g)).toHaveLength(1);
    for (const url of [BASE + PATH.replace('/private', ''), `https://evil.example${PATH}`]) {
      expect(links.sign(url, now)).toBe(url);
    }
  });
});
