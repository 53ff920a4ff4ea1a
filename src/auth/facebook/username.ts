const MAX_CHARACTERS = 20;
const MIN_CHARACTERS = 3;

/**
 * A username made from a person's name, as registration would take it.
 * @param suffix tells namesakes apart; at most 10 letters or digits
 */
export function usernameFrom(name: string, suffix = ''): string {
  const tail = suffix && `_${suffix}`;
  const plain = name
    .slice(0, 100)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, MAX_CHARACTERS - tail.length)
    .replace(/_+$/, '');
  return `${plain.length < MIN_CHARACTERS ? 'user' : plain}${tail}`;
}
