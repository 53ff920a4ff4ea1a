import { describe, expect, it } from 'vitest';
import { isGenuine, makeRefreshToken, readRefreshToken } from './refresh-token.js';

const claims = { sessionId: '6741c0c0a5f2d13b8c9e0001', generation: 3 };
const token = makeRefreshToken('key', 'family', claims);

describe('a refresh token', () => {
  it('tells its session and generation, and is the same each time it is made', () => {
    expect(readRefreshToken(token)).toEqual(claims);
    expect(makeRefreshToken('key', 'family', claims)).toBe(token);
    expect(isGenuine('key', 'family', token)).toBe(true);
  });

  it.each([
    ['another key', 'other', 'family', token],
    ['another family', 'key', 'other', token],
    ['another generation', 'key', 'family', token.replace('.3.', '.4.')],
    ['another session', 'key', 'family', token.replace('0001', '0002')],
    ['nothing', 'key', 'family', ''],
    ['an access token', 'key', 'family', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['a longer one', 'key', 'family', `${token}A`],
  ])('is not genuine with %s', (_, key, family, text) => {
    expect(isGenuine(key, family, text)).toBe(false);
  });
});
