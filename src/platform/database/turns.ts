/**
 * Has pieces of work under one key wait for each other within this process, so that they do not
 * overtake each other at the database and begin anew. Right results never depend on it: other
 * processes have turns of their own. It keeps nothing that nobody waits for.
 */
export class Turns {
  private readonly last = new Map<string, Promise<void>>();

  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.last.get(key);
    const mine = before ? before.then(work) : work();
    const ended = mine.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(key, ended);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === ended) this.last.delete(key);
    }
  }
}
