import { AppError } from '../platform/http/app-error.js';

/** The first that anybody tries; of those that the length already refuses none is listed. */
const COMMON = new Set(
  (
    '123456 123456789 12345678 1234567 1234567890 password password1 password123 qwerty ' +
    'qwerty123 qwertyuiop abc123 111111 123123 000000 iloveyou 654321 666666 987654321 ' +
    '1q2w3e4r 1q2w3e4r5t zaq12wsx 121212 112233 dragon monkey letmein football baseball ' +
    'sunshine princess admin123 welcome welcome1 shadow master superman michael jordan23 ' +
    'asdfgh asdfghjkl zxcvbn zxcvbnm passw0rd p@ssw0rd trustno1 starwars whatever hello123 ' +
    'charlie donald freedom mustang batman access secret secret1 696969 7777777 888888 ' +
    '555555 222222 333333 999999 159753 147258369 qazwsx aaaaaa google changeme default'
  ).split(' '),
);

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
