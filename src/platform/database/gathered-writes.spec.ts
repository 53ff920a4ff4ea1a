import { describe, expect, it } from 'vitest';
import { GatheredWrites } from './gathered-writes.js';

/** A counter whose writes end when they are told to. */
function aCounter() {
  let count = 0;
  const writes: { key: string; asks: number[]; end: () => void; fail: (error: Error) => void }[] =
    [];
  const gathered = new GatheredWrites<number, number>((key, asks) => {
    const answers = asks.map((ask) => (count += ask));
    return new Promise((resolve, reject) => {
      writes.push({ key, asks, end: () => resolve(answers), fail: reject });
    });
  });
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { writes, gathered, turn };
}

describe('gathered writes', () => {
  it('write once what is asked at once, and answer each with its own', async () => {
    const { writes, gathered, turn } = aCounter();
    const answers = Promise.all([1, 2, 3].map((ask) => gathered.ask('a', ask)));
    await turn();
    writes[0]!.end();
    expect(await answers).toEqual([1, 3, 6]);
    expect(writes).toHaveLength(1);
  });

  it('gather what is asked during a write for the next one', async () => {
    const { writes, gathered, turn } = aCounter();
    const first = gathered.ask('a', 1);
    await turn();
    const late = Promise.all([gathered.ask('a', 1), gathered.ask('a', 1)]);
    await turn();
    expect(writes).toHaveLength(1);
    writes[0]!.end();
    expect(await first).toBe(1);
    await turn();
    expect(writes.map(({ asks }) => asks.length)).toEqual([1, 2]);
    writes[1]!.end();
    expect(await late).toEqual([2, 3]);
  });

  it('keep keys apart', async () => {
    const { writes, gathered, turn } = aCounter();
    const both = Promise.all([gathered.ask('a', 1), gathered.ask('b', 1)]);
    await turn();
    expect(writes.map(({ key }) => key)).toEqual(['a', 'b']);
    for (const { end } of writes) end();
    await both;
  });

  it('tell a failure to those who waited for it, and go on', async () => {
    const { writes, gathered, turn } = aCounter();
    const first = gathered.ask('a', 1);
    await turn();
    const second = gathered.ask('a', 1);
    writes[0]!.fail(new Error('the database is away'));
    await expect(first).rejects.toThrow('the database is away');
    await turn();
    writes[1]!.end();
    expect(await second).toBe(2);
  });
});
