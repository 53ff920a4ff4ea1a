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

interface PhoneNumber {
  /** Empty where it is not written. */
  callingCode: string;
  /** Within its country, without the zeros dialled before it. */
  national: string;
}

/**
 * By which a phone number is known again within a shop: `+95 9 123 456` and `0095 9 123 456` are one,
 * and another than `+66 9 123 456`. What is written without its calling code has a key of its own.
 * @returns undefined when it has too few digits
 */
export function phoneKey(phone: string): string | undefined {
  const number = readPhone(phone);
  return number && `tel:${number.callingCode ? `+${number.callingCode}` : '0'}${number.national}`;
}

/**
 * The same of `+95 9 123 456` and `09 123 456`, and of `+66 9 123 456`. The first customer with one of
 * them has it among their keys, so that of several first contacts at once one makes the customer.
 */
export function nationalKey(phone: string): string | undefined {
  const number = readPhone(phone);
  return number && `tel:${number.national}`;
}

/**
 * Whether `phone` is among the phones of a customer: `may be` when only one of the two is written with
 * its calling code, `other` when it is the number of another country, `no` for another number.
 */
export function isAmong(phones: string[], phone: string): 'same' | 'may be' | 'other' | 'no' {
  const alike = phones.filter((one) => nationalKey(one) === nationalKey(phone));
  if (alike.length === 0) return 'no';
  if (alike.some((one) => phoneKey(one) === phoneKey(phone))) return 'same';
  const isInternational = (one: string): boolean => phoneKey(one)?.startsWith('tel:+') ?? false;
  return isInternational(phone) && alike.some(isInternational) ? 'other' : 'may be';
}

/** By which an e-mail address is known again: its normal form (NFKC, lower case). */
export function emailKey(email: string): string | undefined {
  const address = normaliseEmail(email);
  return address ? `mailto:${address}` : undefined;
}

function readPhone(phone: string): PhoneNumber | undefined {
  const text = phone.normalize('NFKC').trim();
  const digits = digitsOf(text);
  const isInternational =
    text.startsWith('+') ||
    digits.startsWith('00') ||
    (digits.length > NATIONAL_DIGITS_MAX && !digits.startsWith('0'));
  const number = digits.replace(/^0+/, '');
  const [callingCode = ''] = (isInternational && CALLING_CODE.exec(number)) || [];
  const national = number.slice(callingCode.length).replace(/^0+/, '');
  return national.length < KEY_DIGITS_MIN ? undefined : { callingCode, national };
}

/** The `nationalKey` of each of them, each once. */
export function nationalsOf(phones: string[]): string[] {
  const keys = phones.map(nationalKey).filter((key) => key !== undefined);
  return [...new Set(keys)];
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
