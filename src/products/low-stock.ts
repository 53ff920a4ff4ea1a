import type { DomainEventMap } from '../events/event-catalogue.js';
import type { Product } from './product.schema.js';
import type { StockMovement } from './stock-movement.schema.js';

/** As few as the app's screens call low. */
export const LOW_STOCK = 10;

/** Those of the products that have become few by these movements, at the last that made them so. */
export function lowStocks(
  products: Pick<Product, '_id' | 'name'>[],
  movements: StockMovement[],
): DomainEventMap['stock.low'][] {
  return products.flatMap(({ _id, name }) => {
    const own = movements.filter(({ productId }) => productId.equals(_id));
    const crossing = own.toSorted((a, b) => b.version - a.version).find(makesFew);
    if (!crossing) return [];
    const { shopId, newStock, version } = crossing;
    const product = { id: _id.toHexString(), name, stock: newStock ?? 0, stockVersion: version };
    return [{ shopId: shopId.toHexString(), product }];
  });
}

function makesFew({ change, newStock }: StockMovement): boolean {
  return newStock !== null && newStock <= LOW_STOCK && newStock - change > LOW_STOCK;
}
