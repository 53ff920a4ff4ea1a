import { describe, expect, it } from 'vitest';
import { requireGoodPassword } from './password-rules.js';

const mya = { email: 'Mya.Coffee@example.com', username: 'mya-coffee' };

describe('a password', () => {
  it.each([
    '12345678',
    'PassWord1',
    'ILoveYou2',
    'asdfghjkl',
    'Princess1',
    'trustno1',
    'liverpool1',
    '1q2w3e4r5t',
    'mya.coffee@EXAMPLE.com',
    'mya.coffee',
    'MYA-coffee',
    '',
    ' '.repeat(6),
    '\t\n\u00a0\u3000\u2003\ufeff',
    '\u200b'.repeat(8),
  ])('may not be %j', async (password) => {
    await expect(requireGoodPassword(password, mya)).rejects.toThrow('Please correct: password.');
  });

  it.each(['a long pass phrase', 'mya-coffee-2', '     x', '၀၉၁၂၃၄၅၆'])(
    'may be %s',
    async (password) => {
      await expect(requireGoodPassword(password, mya)).resolves.toBeUndefined();
    },
  );
});
