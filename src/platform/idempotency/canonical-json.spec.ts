import { describe, expect, it } from 'vitest';
import { hashJson } from './canonical-json.js';

const parsed = (text: string): string => hashJson(JSON.parse(text));

describe('hashJson', () => {
  it('is the same for any order of keys, at any depth', () => {
    expect(parsed('{"a":1,"b":[{"c":2,"d":3}]}')).toBe(parsed('{"b":[{"d":3,"c":2}],"a":1}'));
  });

  it.each([
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":null}', '{}'],
    ['{"__proto__":1}', '{"__proto__":2}'],
    ['{"a":[["b",1]]}', '{"a":{"b":1}}'],
  ])('tells %s from %s', (one, other) => {
    expect(parsed(one)).not.toBe(parsed(other));
  });

  it('takes a request without a body', () => {
    expect(hashJson(undefined)).toMatch(/^[0-9a-f]{64}$/);
  });
});
