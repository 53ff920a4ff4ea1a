/** Where a customer ordered: in the public shop, in a chat, or over the counter. */
export const ORDER_CHANNELS = [
  'web',
  'facebook',
  'instagram',
  'tiktok',
  'telegram',
  'viber',
  'counter',
] as const;
export type OrderChannel = (typeof ORDER_CHANNELS)[number];
