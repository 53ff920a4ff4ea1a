type Write<Ask, Answer> = (key: string, asks: Ask[]) => Promise<Answer[]>;

interface Waiting<Ask, Answer> {
  ask: Ask;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes for many callers at once, key by key: who asks while a write is on its way joins the next
 * one. It keeps nothing that nobody waits for.
 */
export class GatheredWrites<Ask, Answer> {
  private readonly waiting = new Map<string, Waiting<Ask, Answer>[]>();

  /** @param write answers each of `asks`, in their order */
  constructor(private readonly write: Write<Ask, Answer>) {}

  ask(key: string, ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const one = { ask, resolve, reject };
      const others = this.waiting.get(key);
      if (others) {
        others.push(one);
        return;
      }
      this.waiting.set(key, [one]);
      // What asks in the same turn of the event loop comes along.
      setImmediate(() => void this.work(key));
    });
  }

  private async work(key: string): Promise<void> {
    for (;;) {
      const gathered = this.waiting.get(key) ?? [];
      if (gathered.length === 0) break;
      this.waiting.set(key, []);
      try {
        const asks = gathered.map(({ ask }) => ask);
        const answers = await this.write(key, asks);
        for (const [index, { resolve }] of gathered.entries()) resolve(answers[index]!);
      } catch (error) {
        for (const { reject } of gathered) reject(error);
      }
    }
    this.waiting.delete(key);
  }
}
