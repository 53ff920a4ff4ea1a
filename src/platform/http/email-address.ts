import { isEmail } from 'class-validator';

export const MAX_EMAIL_CHARACTERS = 254;
/** ASCII before the `@`, and no quotes: between them spaces, commas and brackets would be allowed. */
export const EMAIL_RULES = { allow_utf8_local_part: false, blacklisted_chars: '"' };
/** Longer texts are no addresses, and to normalise 1 MB of combining marks takes minutes. */
const MAX_NORMALISED_CHARACTERS = 1_000;

/**
 * The form in which addresses are checked, kept and compared. Check only what this has made: it
 * turns characters that look like `@`, `,` or `<` into these.
 */
export function normaliseEmail(email: string): string {
  if (email.length > MAX_NORMALISED_CHARACTERS) return email;
  // Once more at the end: lower case may compose with an accent that capitals leave alone.
  return email.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}

/** The normal form of an address; undefined for any other text. */
export function readEmail(text: string): string | undefined {
  const email = normaliseEmail(text);
  return isEmail(email, EMAIL_RULES) ? email : undefined;
}
