const PREFIX_LETTERS = 4;
const COUNTER_DIGITS = 4;
const PREFIX_OF_NO_LETTERS = 'SHOP';

/** What a readable order number looks like; staff find it in chats by this shape. */
export const ORDER_NUMBER_PATTERN = /^[A-Z]{2,4}-\d{4,15}$/;

/**
 * A shop's readable order number: the initials of its name, filled up with X, and its counter.
 * `Mya Coffee` and 42 make `MCXX-0042`.
 */
export function orderNumber(shopName: string, counter: number): string {
  return `${prefixOf(shopName)}-${String(counter).padStart(COUNTER_DIGITS, '0')}`;
}

function prefixOf(shopName: string): string {
  const words = shopName
    .normalize('NFKD')
    .replace(/\p{M}+|['’]/gu, '')
    .split(/[^A-Za-z0-9]+/);
  const initials = words.map((word) => /[A-Za-z]/.exec(word)?.[0] ?? '').join('');
  if (initials === '') return PREFIX_OF_NO_LETTERS;
  return initials.slice(0, PREFIX_LETTERS).toUpperCase().padEnd(PREFIX_LETTERS, 'X');
}
