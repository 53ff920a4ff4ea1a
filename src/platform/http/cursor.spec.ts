import { describe, expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { decodeCursor, encodeCursor } from './cursor.js';

const ID = '6741c0c0a5f2d13b8c9e0001';

describe('cursor', () => {
  it.each([0, 1_795_441_734_000, -5])('returns what it was made of (%d)', (at) => {
    expect(decodeCursor(encodeCursor({ at, id: ID }))).toEqual({ at, id: ID });
  });

  it.each([
    '',
    'x',
    Buffer.from('1.zz').toString('base64url'),
    Buffer.from(`NaN.${ID}`).toString('base64url'),
    Buffer.from(`9999999999999999.${ID}`).toString('base64url'),
    Buffer.from(`{"$gt":1}.${ID}`).toString('base64url'),
    '💥',
  ])('refuses %j', (text) => {
    expect(() => decodeCursor(text)).toThrow(AppError);
  });
});
