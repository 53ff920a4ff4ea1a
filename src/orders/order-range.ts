import { type QueryFilter, Types } from 'mongoose';
import { decodeCursor } from '../platform/http/cursor.js';
import type { ListOrdersQuery } from './dto/list-orders.query.js';
import type { Order } from './order.schema.js';

/** One range of one index, newest first, and what is looked for in its rows. */
export interface OrderRange {
  range: QueryFilter<Order>;
  /** Undefined when every row of the range is one. */
  rest: QueryFilter<Order> | undefined;
  index: Record<string, 1 | -1>;
}

/** How far a Date reaches, either way; a cursor may hold more. */
const LAST_DATE_MS = 8.64e15;

/**
 * The range that serves `query` best: a customer's orders, else those that its first word finds,
 * else by status and channel, each with its index.
 * @param words of its text, the rarest first
 */
export function orderRange(shopId: string, query: ListOrdersQuery, words: string[]): OrderRange {
  const { status, channel, customerId, cursor } = query;
  const [word, ...others] = words;
  const states = { ...(status ? { status } : {}), ...(channel ? { channel } : {}) };
  let fixed: QueryFilter<Order> = states;
  let rest: QueryFilter<Order> = {};
  if (customerId) {
    fixed = { customerId: new Types.ObjectId(customerId) };
    rest = { ...allOf(words), ...states };
  } else if (word !== undefined) {
    fixed = { searchWords: word };
    rest = { ...allOf(others), ...states };
  }
  const ofIndex = Object.keys(fixed).map((field) => [field, 1] as const);
  return {
    range: {
      shopId: new Types.ObjectId(shopId),
      ...fixed,
      $and: [within(query), cursor ? olderThan(cursor) : {}],
    },
    rest: Object.keys(rest).length > 0 ? rest : undefined,
    index: { shopId: 1, ...Object.fromEntries(ofIndex), submittedAt: -1, _id: -1 },
  };
}

function allOf(words: string[]): QueryFilter<Order> {
  return words.length > 0 ? { searchWords: { $all: words } } : {};
}

function within({ from, to }: ListOrdersQuery): QueryFilter<Order> {
  const since = from ? { $gte: new Date(from) } : {};
  const before = to ? { $lt: new Date(to) } : {};
  return from || to ? { submittedAt: { ...since, ...before } } : {};
}

function olderThan(cursor: string): QueryFilter<Order> {
  const { at, id } = decodeCursor(cursor);
  const submittedAt = new Date(Math.max(-LAST_DATE_MS, Math.min(at, LAST_DATE_MS)));
  return {
    // The first bound says what the second implies, so that the index is read from there.
    submittedAt: { $lte: submittedAt },
    $or: [
      { submittedAt: { $lt: submittedAt } },
      { submittedAt, _id: { $lt: new Types.ObjectId(id) } },
    ],
  };
}
