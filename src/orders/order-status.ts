/** Where an order stands. */
export const ORDER_STATUSES = [
  'pending',
  'processing',
  'completed',
  'cancelled',
  'returned',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];
