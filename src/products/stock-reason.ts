/** Why a stock changed. */
export const STOCK_REASONS = [
  'opening',
  'order',
  'order_not_placed',
  'order_cancelled',
  'order_returned',
  'correction',
  'import',
] as const;
export type StockReason = (typeof STOCK_REASONS)[number];
