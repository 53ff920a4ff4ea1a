import { describe, expect, it } from 'vitest';
import { digitsOf, searchFilter, searchWordsOf } from './search-words.js';

/** Whether a document with `texts` and `phones` would be found. */
function finds(query: string, texts: string[], phones: string[] = []): boolean {
  const words = searchWordsOf(texts, phones);
  return searchFilter(query)?.searchWords.$all.every((word) => words.includes(word)) ?? false;
}

describe('search words', () => {
  it.each([
    ['bean', 'Coffee beans, 1 kg'],
    ['BEANS coffee', 'Coffee beans, 1 kg'],
    ['ကော်ဖီ', 'မြန်မာကော်ဖီ'],
    ['incomprehensibilities', 'Incomprehensibilities of everyday life'],
    ['ｃｏｆｆｅｅ', 'Coffee'],
    ['mya@example.com', 'mya@example.com'],
    ['MCXX-0042', 'MCXX-0042'],
  ])('%j finds %j', (query, text) => {
    expect(finds(query, [text])).toBe(true);
  });

  it.each([
    ['tea', 'Coffee beans'],
    ['eans', 'Coffee beans'],
    ['coffee tea', 'Coffee beans'],
    ['.*', 'Coffee beans'],
    ['', 'Coffee beans'],
  ])('%j does not find %j', (query, text) => {
    expect(finds(query, [text])).toBe(false);
  });

  it.each([
    ['+95 9 123 456', '+959123456'],
    ['09123456', '+95 9 123 456'],
    ['+95 9 123 456', '၀၉၁၂၃၄၅၆'],
    ['3456', '09 123-456'],
    ['09123', '09123456'],
  ])('%j finds the phone %j', (query, phone) => {
    expect(finds(query, [], [phone])).toBe(true);
  });

  it('stay few in a document, whatever is written there', () => {
    const texts = Array.from({ length: 500 }, (_, index) => `${index}-abcdefghijklmnop`);
    expect(searchWordsOf(texts, ['1'.repeat(500)]).length).toBeLessThanOrEqual(150);
  });
});

describe('digitsOf', () => {
  it('reads the digits of any script', () => {
    expect(digitsOf('၀၉-१२ ٣４5')).toBe('0912345');
  });
});
