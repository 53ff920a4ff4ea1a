/** A failure of another side that passes, and no bug of ours; it counts as a try. */
export class RetryLater extends Error {
  constructor(
    message: string,
    /** When the other side has said it; else the job's own delay. */
    readonly delayMs?: number,
  ) {
    super(message);
    this.name = 'RetryLater';
  }
}
