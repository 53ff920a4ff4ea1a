/** What a shop's address may look like; never like an id, which is looked up as one. */
export const SLUG_PATTERN = /^(?![0-9a-f]{24}$)[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$/;

const MAX_SLUG_CHARACTERS = 50;

/** An address from a shop's name: `Café Mya!` is `cafe-mya`; a name without Latin letters is `shop`. */
export function slugFromName(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARACTERS)
    .replace(/^-+|-+$/g, '');
  return SLUG_PATTERN.test(slug) ? slug : `shop${slug && `-${slug}`}`;
}
