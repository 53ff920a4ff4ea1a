import { describe, expect, it } from 'vitest';
import { requireGoodPassword } from './password-rules.js';

const mya = { email: 'Mya.Coffee@example.com', username: 'mya-coffee' };

describe('a password', () => {
  it.each(['123456', 'PassWord1', 'mya.coffee@EXAMPLE.com', 'mya.coffee', 'MYA-coffee'])(
    'may not be %s',
    (password) => {
      expect(() => requireGoodPassword(password, mya)).toThrow('Please correct: password.');
    },
  );

  it.each(['a long pass phrase', 'mya-coffee-2', '12345'])('may be %s', (password) => {
    expect(() => requireGoodPassword(password, mya)).not.toThrow();
  });
});
