import { describe, expect, it } from 'vitest';
import type { AppError } from './app-error.js';
import { requireClean } from './clean-input.js';

function refusal(value: unknown, field = ''): AppError | undefined {
  try {
    requireClean(value, field);
    return undefined;
  } catch (error) {
    return error as AppError;
  }
}

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}

describe('requireClean', () => {
  it.each([
    [undefined],
    [null],
    [1],
    ['မင်္ဂလာပါ 👩‍🍳 \n\t'],
    [{ a: ['b', { c: '.*$^' }] }],
    [nested(19)],
  ])('lets %j through', (value) => {
    expect(refusal(value)).toBeUndefined();
  });

  it.each([
    ['a\0b', 'body'],
    [{ name: 'a\0b' }, 'name'],
    [{ items: [{ name: '\ud800' }] }, 'items.0.name'],
    [{ items: [{ name: 'x\udc00' }] }, 'items.0.name'],
    [{ 'a\0': 1 }, 'body'],
    [nested(200), 'a'],
  ])('refuses %j, naming %s', (value, field) => {
    expect(refusal(value)?.details?.[0]?.field).toBe(field);
  });

  it('bounds the fields of an object, all values together, and the nesting', () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, 1]));
    expect(refusal(fields(1_000))).toBeUndefined();
    expect(refusal({ a: fields(1_001) })?.details?.[0]?.field).toBe('a');
    const items = (count: number) => Array.from({ length: count }, () => ({ a: 'b' }));
    expect(refusal(items(25_000))).toBeUndefined();
    expect(refusal(items(25_001))?.details?.[0]?.field).toBe('body');
    expect(refusal(nested(50_000))).toBeDefined();
  });
});
