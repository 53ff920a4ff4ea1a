import { SharedReads } from './shared-reads.js';

interface Flight<Value> {
  reads: SharedReads<Value>;
  waiting: number;
}

/**
 * One piece of work for all who ask for the same thing at the same time. As with `SharedReads`,
 * every answer comes from work that began after its question; who asks for something else does not
 * wait for it. It keeps nothing that nobody waits for.
 */
export class Flights<Value> {
  private readonly flights = new Map<string, Flight<Value>>();

  async share(key: string, work: () => Promise<Value>): Promise<Value> {
    const flight = this.flights.get(key) ?? {
      reads: new SharedReads(async () => new Map([[key, await work()]])),
      waiting: 0,
    };
    this.flights.set(key, flight);
    flight.waiting++;
    try {
      const value = await flight.reads.read(key);
      if (value === null) throw new Error('shared work without a result');
      return value;
    } finally {
      flight.waiting--;
      if (flight.waiting === 0) this.flights.delete(key);
    }
  }
}
