import type { ShopWorld } from './actors.js';
import type { TestApp } from './app.js';
import { aForm, aProduct } from './bodies.js';

/** An order that a customer has placed, with the customer's token to it. */
export interface PlacedOrder {
  id: string;
  orderId: string;
  token: string;
  totalAmount: number;
  productId: string;
  /** As the team sees it now. */
  read(): Promise<Record<string, any>>;
  stock(): Promise<number>;
}

/** One piece of a new product of that price, ordered through a form of the shop. */
export async function anOrder(
  app: TestApp,
  shop: ShopWorld,
  product: Record<string, unknown> = {},
  customer: Record<string, unknown> = {},
): Promise<PlacedOrder> {
  const made = await shop.owner.post(`${shop.path}/products`, aProduct(product)).expect(201);
  const form = await shop.owner.post(`${shop.path}/forms`, aForm()).expect(201);
  const productId = made.body.data.id as string;
  const { body } = await app.request
    .post(`/api/public/shops/${shop.slug}/forms/${form.body.data.id}/submissions`)
    .send({ items: [{ productId, quantity: 1 }], customer: { name: 'Aung Aung', ...customer } })
    .expect(201);
  const { id, orderId, token, totalAmount } = body.data;
  return {
    id,
    orderId,
    token,
    totalAmount,
    productId,
    read: async () => (await shop.owner.get(`${shop.path}/orders/${id}`).expect(200)).body.data,
    stock: async () =>
      (await shop.owner.get(`${shop.path}/products/${productId}`).expect(200)).body.data.stock,
  };
}
