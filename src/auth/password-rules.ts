import { AppError } from '../platform/http/app-error.js';

/** Spaces of any kind, controls and what has no width: a person who typed these typed nothing. */
const BLANK = /^[\s\p{Cc}\p{Cf}]*$/u;

/**
 * Refuses a password that shows nothing, or is among the first guesses: a common one, or the person's
 * own name.
 * @param field name of the field in the request
 * @throws AppError `validation_failed`
 */
export async function requireGoodPassword(
  password: string,
  { email, username }: { email?: string; username?: string },
  field = 'password',
): Promise<void> {
  const guess = password.toLowerCase();
  const own = [email?.toLowerCase(), email?.split('@')[0]?.toLowerCase(), username?.toLowerCase()];
  const refuse = (rule: string): never => {
    throw AppError.validation([{ field, message: `${field} ${rule}` }]);
  };
  if (BLANK.test(password)) refuse('must not be blank: choose a phrase');
  if ((await commonPasswords()).has(guess))
    refuse('is one of the most common passwords: choose another');
  if (own.includes(guess)) refuse('must not be your e-mail or username');
}

let common: Set<string> | undefined;

/** Some 49,000 that anybody tries first, in lower case; unpacked for the first password. */
async function commonPasswords(): Promise<Set<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return (common ??= new Set(dictionary['passwords-common']));
}
