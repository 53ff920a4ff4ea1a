import { describe, expect, it } from 'vitest';
import { isPushEndpoint, mayBeSilent } from './push-endpoint.js';

describe('isPushEndpoint', () => {
  it.each([
    'https://fcm.googleapis.com/fcm/send/abc:123',
    'https://updates.push.services.mozilla.com/wpush/v2/abc',
    'https://web.push.apple.com/abc',
    'https://wns2-par02p.notify.windows.com/w/?token=abc',
  ])('takes %s', (endpoint) => {
    expect(isPushEndpoint(endpoint, [])).toBe(true);
  });

  it.each([
    'http://fcm.googleapis.com/fcm/send/abc',
    'https://fcm.googleapis.com:8443/fcm/send/abc',
    'https://user@fcm.googleapis.com/abc',
    'https://user:pass@fcm.googleapis.com/abc',
    'https://fcm.googleapis.com/abc#fragment',
    'https://fcm.googleapis.com@127.0.0.1/abc',
    'https://fcm.googleapis.com.evil.example/abc',
    'https://127.0.0.1/abc',
    'https://[::1]/abc',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/abc',
    'https://example.com/abc',
    'ftp://fcm.googleapis.com/abc',
    'fcm.googleapis.com',
    '',
  ])('refuses %j', (endpoint) => {
    expect(isPushEndpoint(endpoint, [])).toBe(false);
  });

  it('takes what the operator has named, at that port', () => {
    expect(isPushEndpoint('https://localhost:9443/abc', ['localhost:9443'])).toBe(true);
    expect(isPushEndpoint('https://localhost:9444/abc', ['localhost:9443'])).toBe(false);
    expect(isPushEndpoint('http://localhost:9443/abc', ['localhost:9443'])).toBe(true);
    expect(isPushEndpoint('file://localhost:9443/abc', ['localhost:9443'])).toBe(false);
  });
});

it('mayBeSilent: not where that costs the permission', () => {
  expect(mayBeSilent('https://fcm.googleapis.com/abc')).toBe(true);
  expect(mayBeSilent('https://web.push.apple.com/abc')).toBe(false);
});
