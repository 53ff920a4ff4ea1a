/** Up to here every amount is exact in minor units and as the decimal of the wire. */
export const MAX_TOTAL_MINOR = 1e13;

interface PricedLine {
  /** Of one piece, in integer minor units. */
  price: number;
  quantity: number;
}

/**
 * Sum of the lines in integer minor units.
 * @throws RangeError when a line is not of whole numbers, or the sum is too large to be exact
 */
export function orderTotal(lines: PricedLine[]): number {
  let total = 0;
  for (const { price, quantity } of lines) {
    if (
      !Number.isSafeInteger(price) ||
      price < 0 ||
      !Number.isSafeInteger(quantity) ||
      quantity < 1
    ) {
      throw new RangeError(`not a line of an order: ${quantity} at ${price}`);
    }
    total += price * quantity;
    if (total > MAX_TOTAL_MINOR) throw new RangeError('the total is too large');
  }
  return total;
}
