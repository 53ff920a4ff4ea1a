import { describe, expect, it } from 'vitest';
import { listsHost } from './host-list.js';

const has = (entry: string, url: string): boolean => listsHost([entry], new URL(url));

describe('listsHost', () => {
  it('takes the very host, in any case', () => {
    expect(has('FCM.googleapis.com', 'https://fcm.GOOGLEAPIS.com/x')).toBe(true);
    expect(has('fcm.googleapis.com', 'https://fcm.googleapis.com:443/x')).toBe(true);
  });

  it('takes names below a wildcard, but not the name itself', () => {
    expect(has('*.push.apple.com', 'https://web.push.apple.com/x')).toBe(true);
    expect(has('*.push.apple.com', 'https://push.apple.com/x')).toBe(false);
    expect(has('*.push.apple.com', 'https://evilpush.apple.com/x')).toBe(false);
  });

  it.each([
    'https://fcm.googleapis.com.evil.example/x',
    'https://evil-fcm.googleapis.com/x',
    'https://fcm.googleapis.com:8443/x',
    'https://x.fcm.googleapis.com/x',
    'https://fcm.googleapis.com./x',
  ])('refuses %s', (url) => {
    expect(has('fcm.googleapis.com', url)).toBe(false);
  });

  it('takes a port only where it names it', () => {
    expect(has('localhost:9443', 'https://localhost:9443/x')).toBe(true);
    expect(has('localhost:9443', 'https://localhost:9444/x')).toBe(false);
  });
});
