import { type Cursor, encodeCursor } from './cursor.js';

/** One page of a list: the envelope shows the items as `data` and the rest as `meta`. */
export class Page<T> {
  constructor(
    readonly items: T[],
    readonly nextCursor: string | null,
  ) {}

  /**
   * Cuts rows fetched with `limit + 1` to a page; the row too many only tells that more follow.
   * @param position where a row stands in the list's order
   */
  static of<T>(rows: T[], limit: number, position: (row: T) => Cursor): Page<T> {
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return new Page(items, rows.length > limit && last ? encodeCursor(position(last)) : null);
  }

  map<R>(convert: (item: T) => R): Page<R> {
    return new Page(this.items.map(convert), this.nextCursor);
  }
}
