import { describe, expect, it } from 'vitest';
import { mentionsIn } from './mentions.js';

describe('mentionsIn', () => {
  it.each([
    ['@aung please look', ['aung']],
    ['(@Aung_1), @su-su! and @AUNG_1', ['aung_1', 'su-su']],
    ['mail aung@example.com', []],
    ['@ab is too short', []],
    [`@${'a'.repeat(21)}`, []],
    ['no one', []],
  ])('finds in %j the people %j', (text, names) => {
    expect(mentionsIn(text)).toEqual(names);
  });

  it('finds no more than somebody would mention', () => {
    const crowd = Array.from({ length: 50 }, (_, index) => `@user${index}`).join(' ');
    expect(mentionsIn(crowd)).toHaveLength(20);
  });
});
