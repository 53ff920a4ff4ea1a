import { describe, expect, it, vi } from 'vitest';
import { SharedReads } from './shared-reads.js';

/** A store whose reads take what stands in it when they begin, and end when they are told to. */
function aStore(values: Record<string, string>, paceMs?: number) {
  const reads: { keys: string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const shared = new SharedReads<string>((keys) => {
    const found = new Map(keys.flatMap((key) => (values[key] ? [[key, values[key]]] : [])));
    return new Promise((resolve, reject) => {
      reads.push({ keys, end: () => resolve(found), fail: reject });
    });
  }, paceMs);
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { values, reads, shared, turn };
}

describe('shared reads', () => {
  it('ask once for what is asked at once, each key once', async () => {
    const { reads, shared, turn } = aStore({ a: '1', b: '2' });
    const answers = Promise.all(['a', 'b', 'a', 'c'].map((key) => shared.read(key)));
    await turn();
    reads[0]!.end();
    expect(await answers).toEqual(['1', '2', '1', null]);
    expect(reads.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']]);
  });

  it('never answer from a read that began before the question', async () => {
    const { values, reads, shared, turn } = aStore({ a: 'old' });
    const early = shared.read('a');
    await turn();
    values['a'] = 'new';
    const late = [shared.read('a'), shared.read('a')];
    reads[0]!.end();
    expect(await early).toBe('old');
    await turn();
    expect(reads).toHaveLength(2);
    reads[1]!.end();
    expect(await Promise.all(late)).toEqual(['new', 'new']);
  });

  it('keep their pace, and gather until then', async () => {
    const { reads, shared, turn } = aStore({ a: '1', b: '2' }, 60);
    const startedAt = performance.now();
    const first = shared.read('a');
    await turn();
    reads[0]!.end();
    expect(await first).toBe('1');
    const later = shared.read('a');
    await turn();
    const last = shared.read('b');
    await vi.waitFor(() => expect(reads).toHaveLength(2));
    expect(performance.now() - startedAt).toBeGreaterThan(58);
    reads[1]!.end();
    expect(await Promise.all([later, last])).toEqual(['1', '2']);
  });

  it('tell a failure to those who waited for it, and go on', async () => {
    const { reads, shared, turn } = aStore({ a: '1' });
    const first = shared.read('a');
    await turn();
    const second = shared.read('a');
    reads[0]!.fail(new Error('the database is away'));
    await expect(first).rejects.toThrow('the database is away');
    await turn();
    reads[1]!.end();
    expect(await second).toBe('1');
  });
});
