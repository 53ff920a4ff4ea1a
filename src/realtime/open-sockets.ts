import { AppError } from '../platform/http/app-error.js';

const MAX_SOCKETS_OF_A_PERSON = 100;

/** How many sockets each person has open at this process, whatever the door. */
export class OpenSockets {
  private readonly counts = new Map<string, number>();

  /** @throws AppError `rate_limited` */
  take(person: string): void {
    const count = this.counts.get(person) ?? 0;
    if (count >= MAX_SOCKETS_OF_A_PERSON) {
      const sentence = `You have ${MAX_SOCKETS_OF_A_PERSON} connections open: close some first.`;
      throw new AppError('rate_limited', sentence);
    }
    this.counts.set(person, count + 1);
  }

  giveBack(person: string): void {
    const count = this.counts.get(person) ?? 0;
    if (count > 1) this.counts.set(person, count - 1);
    else this.counts.delete(person);
  }
}
