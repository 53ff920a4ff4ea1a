import { describe, expect, it } from 'vitest';
import { hashPassword, isOutdated, verifyPassword } from './password.js';

/** What `work` makes, and how often others had their turn meanwhile. */
async function turnsDuring<T>(work: () => Promise<T>): Promise<{ made: T; turns: number }> {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const made = await work();
  clearInterval(timer);
  return { made, turns };
}

describe('a hash of a password', () => {
  it('is made and checked beside the event loop, which goes on', async () => {
    const { made, turns } = await turnsDuring(() => hashPassword('a long pass phrase'));
    expect(turns).toBeGreaterThan(0);
    const check = await turnsDuring(() => verifyPassword(made, 'a long pass phrase'));
    expect(check.made).toBe(true);
    expect(check.turns).toBeGreaterThan(0);
    expect(isOutdated(made)).toBe(false);
  });

  it('that nobody has is checked as long as another, and never matches', async () => {
    const { made, turns } = await turnsDuring(() => verifyPassword(undefined, 'x'));
    expect(made).toBe(false);
    expect(turns).toBeGreaterThan(0);
  });
});
