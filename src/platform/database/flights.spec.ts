import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Flights } from './flights.js';

describe('Flights', () => {
  it('answers all who ask at once with one piece of work, begun after their question', async () => {
    const flights = new Flights<number>();
    let works = 0;
    const ask = (): Promise<number> =>
      flights.share('a', async () => {
        const value = ++works;
        await sleep(5);
        return value;
      });
    const first = [ask(), ask(), ask()];
    await sleep(2);
    const later = [ask(), ask()];
    expect(await Promise.all(first)).toEqual([1, 1, 1]);
    expect(await Promise.all(later)).toEqual([2, 2]);
  });

  it('lets nobody wait for what they did not ask for', async () => {
    const flights = new Flights<string>();
    const slow = flights.share('slow', () => sleep(200, 'slow'));
    const fast = flights.share('fast', () => Promise.resolve('fast'));
    expect(await Promise.race([slow, fast])).toBe('fast');
    expect(await slow).toBe('slow');
  });

  it('tells all of them of a failure, and tries again for the next', async () => {
    const flights = new Flights<string>();
    const fail = (): Promise<string> => Promise.reject(new Error('no'));
    const answers = await Promise.allSettled([flights.share('a', fail), flights.share('a', fail)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.share('a', () => Promise.resolve('yes'))).toBe('yes');
  });
});
