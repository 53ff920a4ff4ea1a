import { describe, expect, it } from 'vitest';
import { safeUrl } from './access-log.js';
import { createLogger, PinoLoggerService } from './logger.js';

function capture(write: (logger: PinoLoggerService) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const pino = createLogger(
    { logLevel: 'trace' },
    { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  write(new PinoLoggerService(pino));
  return lines;
}

describe('the logger', () => {
  it.each([
    'password',
    'passwordHash',
    'currentPassword',
    'token',
    'refreshToken',
    'clientSecret',
    'authorization',
    'cookie',
    'set-cookie',
  ])('removes %s at any of three levels', (field) => {
    const secret = 'do-not-show';
    const [line] = capture((logger) =>
      logger.log({ msg: 'x', [field]: secret, a: { [field]: secret, b: { [field]: secret } } }),
    );
    expect(JSON.stringify(line)).not.toContain(secret);
    expect(line).toMatchObject({ msg: 'x', [field]: '[redacted]' });
  });

  it('writes fields, the context and the level, and an error with its stack', () => {
    const [plain, fields, error] = capture((logger) => {
      logger.log('started', 'Main');
      logger.warn({ msg: 'slow', ms: 12 }, 'Db');
      logger.error(new Error('broken'), 'Db');
    });
    expect(plain).toMatchObject({ level: 'info', msg: 'started', context: 'Main' });
    expect(fields).toMatchObject({ level: 'warn', msg: 'slow', ms: 12, context: 'Db' });
    expect(error).toMatchObject({
      level: 'error',
      msg: 'broken',
      stack: expect.stringContaining('broken'),
    });
  });
});

describe('a logged address', () => {
  it.each([
    ['/ws?token=abc', '/ws?token=[redacted]'],
    [
      '/oauth/facebook/callback?code=a&state=b&x=1',
      '/oauth/facebook/callback?code=[redacted]&state=[redacted]&x=1',
    ],
    ['/api/shops?limit=1', '/api/shops?limit=1'],
    ['/api/shops?limit=1&codes=a&x', '/api/shops?limit=1&codes=a&x'],
    ['/x?redirect=https://app.example/done', '/x?redirect=https://app.example/done'],
    ['/x?refreshToken=a&y=1', '/x?refreshToken=[redacted]&y=1'],
    ['/x?refresh_token=a', '/x?refresh_token=[redacted]'],
    ['/x?PASSWORD=a?b=c', '/x?PASSWORD=[redacted]'],
    ['/x?currentPassword=a', '/x?currentPassword=[redacted]'],
    ['/x?id_token=a', '/x?id_token=[redacted]'],
    ['/x?client_secret=a', '/x?client_secret=[redacted]'],
    ['/x?handle=a', '/x?handle=[redacted]'],
    ['/x?t%6Fken=a', '/x?t%6Fken=[redacted]'],
    ['/x?%74oken%5B%5D=a', '/x?%74oken%5B%5D=[redacted]'],
    ['/x?user[password]=a', '/x?user[password]=[redacted]'],
    ['/x?%ZZ=1&%74oken%=a', '/x?%ZZ=1&%74oken%=[redacted]'],
    ['/x?to=https%3A%2F%2Fapp%2Fcb%3Ftoken%3Dabc', '/x?to=[redacted]'],
    ['/x?to=/cb?code=abc', '/x?to=[redacted]'],
  ])('shows %s as %s', (url, shown) => {
    expect(safeUrl(url)).toBe(shown);
  });
});
