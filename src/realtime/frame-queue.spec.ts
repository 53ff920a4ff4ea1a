import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameQueue } from './frame-queue.js';

const MAX_WAITING = 128;
const MAX_IN_WINDOW = 300;
const WINDOW_MS = 10_000;

let handled: number[];
let refusals: string[];

beforeEach(() => {
  vi.useFakeTimers();
  handled = [];
  refusals = [];
});

afterEach(() => {
  vi.useRealTimers();
});

const aQueue = ({ limitsRate = false } = {}) =>
  new FrameQueue(limitsRate, (reason) => refusals.push(reason));

/** Pushes frames that take `takesMs` each. */
function push(queue: FrameQueue, count: number, takesMs = 1): void {
  for (let index = 0; index < count; index++) {
    queue.push(async () => {
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      handled.push(index);
    });
  }
}

describe('FrameQueue', () => {
  it('handles one frame at a time, in order', async () => {
    push(aQueue(), 4, 100);
    await vi.advanceTimersByTimeAsync(250);
    expect(handled).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(150);
    expect(handled).toEqual([0, 1, 2, 3]);
  });

  it('refuses once when too many wait, and handles none of them', async () => {
    const queue = aQueue();
    push(queue, 1 + MAX_WAITING);
    expect(refusals).toEqual([]);
    push(queue, 10);
    await vi.advanceTimersByTimeAsync(1_000);
    push(queue, 10);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(refusals).toEqual([expect.stringMatching(/^More than 128 frames wait/)]);
    expect(handled).toEqual([0]);
  });

  it('forgets what waits at the end of its socket', async () => {
    const queue = aQueue();
    push(queue, 10);
    queue.end();
    push(queue, 1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(handled).toEqual([0]);
    expect(refusals).toEqual([]);
  });

  it.each([
    { limitsRate: true, refused: 1 },
    { limitsRate: false, refused: 0 },
  ])('counts the frames of a window: $limitsRate', async ({ limitsRate, refused }) => {
    const queue = aQueue({ limitsRate });
    const fill = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent++) {
        push(queue, 1, 0);
        await vi.advanceTimersByTimeAsync(1);
      }
    };
    await fill(MAX_IN_WINDOW);
    await vi.advanceTimersByTimeAsync(WINDOW_MS);
    await fill(MAX_IN_WINDOW);
    expect(refusals).toEqual([]);
    await fill(1);
    expect(refusals).toHaveLength(refused);
  });
});
