import { describe, expect, it } from 'vitest';
import { SLUG_PATTERN, slugFromName } from './slug.js';

describe('slugFromName', () => {
  it.each([
    ['Mya Coffee', 'mya-coffee'],
    ['  Café   Crème! ', 'cafe-creme'],
    ['မြကော်ဖီ', 'shop'],
    ['A', 'shop-a'],
    ['--', 'shop'],
    ['6741c0c0a5f2d13b8c9e0001', 'shop-6741c0c0a5f2d13b8c9e0001'],
    [`${'x'.repeat(49)} y`, 'x'.repeat(49)],
  ])('makes %j %j', (name, slug) => {
    expect(slugFromName(name)).toBe(slug);
    expect(slug).toMatch(SLUG_PATTERN);
  });
});
