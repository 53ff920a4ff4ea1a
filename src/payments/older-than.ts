import { decodeCursor } from '../platform/http/cursor.js';

/** What comes after a cursor in a list that is ordered by a time, newest first, then by id. */
export function olderThan(cursor: string, field: 'createdAt' | 'receivedAt'): object {
  const { at, id } = decodeCursor(cursor);
  const time = new Date(at);
  // A cursor may hold more than a Date: nothing is that old.
  if (Number.isNaN(time.getTime())) return { [field]: { $lt: new Date(0) } };
  return {
    // The first bound says what the second implies, so that the index is read from there.
    [field]: { $lte: time },
    $or: [{ [field]: { $lt: time } }, { [field]: time, _id: { $lt: id } }],
  };
}
