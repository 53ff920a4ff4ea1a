import type { Shop } from '../shops/shop.schema.js';
import { dayIn, dependsOnDay, priceAt } from './product-price.js';
import type { Product } from './product.schema.js';

/** A product with what one piece of it costs today, in minor units. */
export type PricedProduct = Product & { currentPrice: number };

export function withPrice(product: Product, shop: Shop): PricedProduct {
  return { ...product, currentPrice: priceAt(product, dayIn(shop.timeZone, new Date())) };
}

/** @param getShop asked for only where a price depends on the day */
export async function withPrices(
  products: Product[],
  getShop: () => Promise<Shop>,
): Promise<PricedProduct[]> {
  const dated = products.some(dependsOnDay);
  const today = dated ? dayIn((await getShop()).timeZone, new Date()) : '';
  return products.map((product) => ({ ...product, currentPrice: priceAt(product, today) }));
}
