/** The documents of a shop that a client may not have seen. */
export interface ChangeRange {
  /** All above this number. */
  above: number;
  /** Above this number those that were written after `youngerThan`. */
  youngAbove: number;
  youngerThan: Date;
  /** None above this number. */
  upTo?: number;
  limit: number;
}

/**
 * The filter of a range, for an index `{ shopId, seq }`.
 * @param time the field that says when a document was last written
 */
export function changedIn(
  { above, youngAbove, youngerThan, upTo }: ChangeRange,
  time: string,
): object {
  return {
    seq: { $gt: youngAbove, ...(upTo !== undefined && { $lte: upTo }) },
    $or: [{ seq: { $gt: above } }, { [time]: { $gte: youngerThan } }],
  };
}
