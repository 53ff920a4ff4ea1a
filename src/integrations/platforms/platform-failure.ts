/**
 * `dead`: the token will never work again. `refused`: what was asked is not allowed, or the code is
 * no good. `unavailable`: nobody knows; the same may work later.
 */
export type FailureKind = 'dead' | 'refused' | 'unavailable';

/** A platform did not do what it was asked; the platform's own words are not kept. */
export class PlatformFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    sentence: string,
    /** The platform's code for it, for the log. */
    readonly code?: string | number,
  ) {
    super(sentence);
    this.name = 'PlatformFailure';
  }
}
