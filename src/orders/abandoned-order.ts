import { Types } from 'mongoose';

/** Of no shop: no list and no look-up of a shop ever meets these. */
export const NO_SHOP = new Types.ObjectId('000000000000000000000000');

/**
 * Takes the id of an order whose placement died, so that it can no longer be written: only then may
 * its pieces go back. It stays, a few bytes long.
 */
export function abandonedOrder(orderId: Types.ObjectId) {
  return { _id: orderId, shopId: NO_SHOP, orderId: orderId.toHexString() };
}
