type Load<Value> = (keys: string[]) => Promise<Map<string, Value>>;

interface Batch<Value> {
  keys: Set<string>;
  answers: Promise<Map<string, Value>>;
  start: () => void;
}

/**
 * Reads for many callers at once. Who asks while a read is on its way joins the next one, so every
 * answer comes from a read that began after its question: nothing is cached, nothing is stale, and
 * a hundred requests at once cost the database two reads instead of a hundred.
 */
export class SharedReads<Value> {
  private isReading = false;
  private next?: Batch<Value>;
  private beganAt = -Infinity;
  private waiting?: NodeJS.Timeout;

  /**
   * @param load the values of those keys that have one
   * @param paceMs at least so long from the beginning of one read to that of the next: for what nobody
   *   waits for, a rush is answered by few
   */
  constructor(
    private readonly load: Load<Value>,
    private readonly paceMs = 0,
  ) {}

  async read(key: string): Promise<Value | null> {
    if (!this.next) {
      this.next = this.gather();
      // What asks in the same turn of the event loop comes along.
      if (!this.isReading) setImmediate(() => this.startNext());
    }
    const { keys, answers } = this.next;
    keys.add(key);
    return (await answers).get(key) ?? null;
  }

  private gather(): Batch<Value> {
    const keys = new Set<string>();
    let start!: () => void;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const answers = started
      .then(() => this.load([...keys]))
      .finally(() => {
        this.isReading = false;
        this.startNext();
      });
    return { keys, answers, start };
  }

  private startNext(): void {
    if (this.isReading || this.waiting || !this.next) return;
    const wait = this.beganAt + this.paceMs - performance.now();
    if (wait > 0) {
      this.waiting = setTimeout(() => {
        this.waiting = undefined;
        this.startNext();
      }, wait);
      return;
    }
    const { start } = this.next;
    this.isReading = true;
    this.beganAt = performance.now();
    this.next = undefined;
    start();
  }
}
