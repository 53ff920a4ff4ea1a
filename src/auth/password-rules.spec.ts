import { describe, expect, it } from 'vitest';
import { requireGoodPassword } from './password-rules.js';

const mya = { email: 'Mya.Coffee@example.com', username: 'mya-coffee' };

describe('a password', () => {
  it.each([
    '123456',
    'PassWord1',
    'mya.coffee@EXAMPLE.com',
    'mya.coffee',
    'MYA-coffee',
    '',
    ' '.repeat(6),
    '\t\n\u00a0\u3000\u2003\ufeff',
    '\u200b'.repeat(8),
  ])('may not be %j', (password) => {
    expect(() => requireGoodPassword(password, mya)).toThrow('Please correct: password.');
  });

  it.each(['a long pass phrase', 'mya-coffee-2', '12345', '     x', '၀၉၁၂၃၄၅၆'])(
    'may be %s',
    (password) => {
      expect(() => requireGoodPassword(password, mya)).not.toThrow();
    },
  );
});
