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

  it('takes a hundred thousand fields, and nesting without end, without a stack of its own', () => {
    expect(refusal(Array.from({ length: 100_000 }, () => ({ a: 'b' })))).toBeUndefined();
    expect(refusal(nested(50_000))).toBeDefined();
  });
});
