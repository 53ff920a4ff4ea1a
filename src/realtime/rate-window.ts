export const WINDOW_SECONDS = 10;

/** Counts what comes in windows of ten seconds. */
export class RateWindow {
  /** On the monotonic clock. */
  private endsAt = 0;
  private count = 0;

  constructor(private readonly max: number) {}

  /** Counts one more, and says whether it is too many. */
  isExceeded(): boolean {
    const now = performance.now();
    if (now >= this.endsAt) {
      this.endsAt = now + WINDOW_SECONDS * 1_000;
      this.count = 0;
    }
    this.count++;
    return this.count > this.max;
  }
}
