import { dictionary } from '@zxcvbn-ts/language-common';
import { AppError } from '../platform/http/app-error.js';

/** Some 49,000 that anybody tries first, in lower case. */
const COMMON = new Set(dictionary['passwords-common']);

/** Spaces of any kind, controls and what has no width: a person who typed these typed nothing. */
const BLANK = /^[\s\p{Cc}\p{Cf}]*$/u;

/**
 * Refuses a password that shows nothing, or is among the first guesses: a common one, or the person's
 * own name.
 * @param field name of the field in the request
 * @throws AppError `validation_failed`
 */
export function requireGoodPassword(
  password: string,
  { email, username }: { email?: string; username?: string },
  field = 'password',
): void {
  const guess = password.toLowerCase();
  const own = [email?.toLowerCase(), email?.split('@')[0]?.toLowerCase(), username?.toLowerCase()];
  const refuse = (rule: string): never => {
    throw AppError.validation([{ field, message: `${field} ${rule}` }]);
  };
  if (BLANK.test(password)) refuse('must not be blank: choose a phrase');
  if (COMMON.has(guess)) refuse('is one of the most common passwords: choose another');
  if (own.includes(guess)) refuse('must not be your e-mail or username');
}
