/** An answer with more beside `data` in its envelope, where a client reads it there. */
export class Answer<T> {
  constructor(
    readonly data: T,
    readonly beside: Record<string, unknown>,
  ) {}
}
