/** Where an order stands. */
export const ORDER_STATUSES = [
  'pending',
  'processing',
  'completed',
  'cancelled',
  'returned',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** THE table: where an order may go from where it stands. */
export const NEXT_STATUSES: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ['processing', 'cancelled'],
  processing: ['completed', 'cancelled', 'returned'],
  completed: ['returned'],
  cancelled: [],
  returned: [],
};

/**
 * The one move that is not people's: the payment of an order that had expired has come after all, and
 * its pieces are there again.
 */
export const REVIVAL = { from: 'cancelled', to: 'pending' } as const satisfies Record<
  string,
  OrderStatus
>;

/** An order that somebody still has to work on. */
export const OPEN_STATUSES: readonly OrderStatus[] = ['pending', 'processing'];

/** What the app, and people, also call them. */
const ALSO_CALLED = new Map<string, OrderStatus>([
  ['confirmed', 'processing'],
  ['return', 'returned'],
  ['canceled', 'cancelled'],
]);

/** The status that `word` names, in any case; undefined when it names none. */
export function readStatus(word: string): OrderStatus | undefined {
  const plain = word.trim().toLowerCase();
  return ORDER_STATUSES.find((status) => status === plain) ?? ALSO_CALLED.get(plain);
}

export function mayMove(from: OrderStatus, to: OrderStatus): boolean {
  return NEXT_STATUSES[from].includes(to);
}

/** Whether the pieces of an order that comes to `status` are the shop's again. */
export function givesStockBack(status: OrderStatus): boolean {
  return status === 'cancelled' || status === 'returned';
}
