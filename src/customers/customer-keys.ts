import { digitsOf } from '../platform/database/search-words.js';
import { normaliseEmail } from '../platform/http/email-address.js';

/**
 * The calling codes of the world (ITU-T E.164): none begins another, and what is not one or two
 * digits long is three.
 */
const CALLING_CODE = /^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(?=\d{4})/;
/** More digits, and no zero before them: no country has such numbers without its calling code. */
const NATIONAL_DIGITS_MAX = 11;
/** Fewer are no number that could tell people apart. */
const KEY_DIGITS_MIN = 4;

/**
 * By which a phone number is known again within a shop: the number within its country, without the
 * zeros dialled before it. So `+95 9 123 456`, `0095 9 123 456` and `09 123 456` are one, whatever
 * the shop's country. What cannot be told, such as a calling code without `+`, stays: then one
 * person is two customers until somebody merges them, and never two people one.
 * @returns undefined when it has too few digits
 */
export function phoneKey(phone: string): string | undefined {
  const text = phone.normalize('NFKC').trim();
  const digits = digitsOf(text);
  const isInternational =
    text.startsWith('+') ||
    digits.startsWith('00') ||
    (digits.length > NATIONAL_DIGITS_MAX && !digits.startsWith('0'));
  const number = isInternational ? digits.replace(/^0+/, '').replace(CALLING_CODE, '') : digits;
  const key = number.replace(/^0+/, '');
  return key.length < KEY_DIGITS_MIN ? undefined : `tel:${key}`;
}

/** By which an e-mail address is known again: its normal form (NFKC, lower case). */
export function emailKey(email: string): string | undefined {
  const address = normaliseEmail(email);
  return address ? `mailto:${address}` : undefined;
}

/** The keys of all of them, each once; phones first. */
export function keysOf({ phones, emails }: { phones: string[]; emails: string[] }): string[] {
  return [
    ...new Set([
      ...phones.flatMap((phone) => phoneKey(phone) ?? []),
      ...emails.flatMap((email) => emailKey(email) ?? []),
    ]),
  ];
}
