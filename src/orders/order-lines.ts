/** One product of an order. */
export interface OrderLine {
  productId: string;
  quantity: number;
  /** Where it stood first in what was sent, to name it in an error. */
  index: number;
}

/** Lines of the same product become one, where the first stood. */
export function mergeLines(lines: { productId: string; quantity: number }[]): OrderLine[] {
  const merged = new Map<string, OrderLine>();
  for (const [index, line] of lines.entries()) {
    const productId = line.productId.toLowerCase();
    const known = merged.get(productId);
    if (known) known.quantity += line.quantity;
    else merged.set(productId, { productId, quantity: line.quantity, index });
  }
  return [...merged.values()];
}
