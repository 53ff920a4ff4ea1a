import { describe, expect, it } from 'vitest';
import { BoundedCache } from './bounded-cache.js';

const ten = { text: 'x'.repeat(9) };

describe('BoundedCache', () => {
  it('holds no more than it may, and drops what was used longest ago', () => {
    const cache = new BoundedCache(30);
    for (const key of ['a', 'b', 'c']) cache.set(key, ten);
    expect(cache.get('a')).toBe(ten);
    cache.set('d', ten);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(cache.size()).toEqual({ entries: 3, characters: 30 });
  });

  it('counts a value that takes the place of another once', () => {
    const cache = new BoundedCache(30);
    for (let turn = 0; turn < 10; turn++) cache.set('a', { text: 'x'.repeat(turn) });
    expect(cache.size()).toEqual({ entries: 1, characters: 10 });
  });

  it('does not keep what is larger than all it may hold', () => {
    const cache = new BoundedCache(30);
    cache.set('a', ten);
    cache.set('b', { text: 'x'.repeat(30) });
    expect(cache.size()).toEqual({ entries: 0, characters: 0 });
  });
});
