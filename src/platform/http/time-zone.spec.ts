import { describe, expect, it } from 'vitest';
import { asTimeZone } from './time-zone.js';

describe('asTimeZone', () => {
  it.each([
    ['Asia/Yangon', 'Asia/Yangon'],
    ['asia/bangkok', 'Asia/Bangkok'],
    ['EUROPE/BERLIN', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['america/port_of_spain', 'America/Port_of_Spain'],
    ['America/Port_of_Spain', 'America/Port_of_Spain'],
    ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['America/Coyhaique', 'America/Coyhaique'],
    ['us/eastern', 'America/New_York'],
  ])('spells %s as %s', (name, spelt) => {
    expect(asTimeZone(name)).toBe(spelt);
  });

  it('names the same zone when it must choose another name', () => {
    const hourIn = (timeZone: string): string =>
      new Intl.DateTimeFormat('en', { timeZone, timeStyle: 'long' }).format(new Date(0));
    const spelt = asTimeZone('asia/yangon')!;
    expect(spelt).toMatch(/^Asia\/[A-Z]/);
    expect(hourIn(spelt)).toBe(hourIn('Asia/Yangon'));
  });

  it.each(['', '+06:30', 'Asia/Nowhere', 'Asia/Yangon\n', 'x'.repeat(51)])(
    'knows no %j',
    (name) => {
      expect(asTimeZone(name)).toBeUndefined();
    },
  );
});
