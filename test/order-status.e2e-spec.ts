import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import type { OrderResponse } from '../src/orders/dto/order.response.js';
import { StockService } from '../src/products/stock.service.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';

let app: TestApp;
let shop: ShopWorld;
const updates: OrderResponse[] = [];

beforeAll(async () => {
  app = await createTestApp();
  app.nest.get(DomainEvents).on('order.updated', ({ order }) => void updates.push(order));
  shop = await aShop(app);
});

afterAll(() => app.close());

async function addProduct(stock: number | null = 10): Promise<string> {
  const { body } = await shop.owner.post(`${shop.path}/products`, aProduct({ stock })).expect(201);
  return body.data.id;
}

async function place(productId: string, quantity = 2): Promise<OrderResponse> {
  const sent = { customer: { name: 'Aung Aung' }, items: [{ productId, quantity }] };
  const { body } = await shop.owner.post(`${shop.path}/orders`, sent).expect(201);
  return body.data;
}

const move = (order: { id: string }, status: string, note?: string) =>
  shop.agent.put(`${shop.path}/orders/${order.id}/status`, { status, note });

async function stockOf(productId: string): Promise<number> {
  const { body } = await shop.agent.get(`${shop.path}/products/${productId}`).expect(200);
  return body.data.stock;
}

describe('the status of an order', () => {
  it('moves on by the words of the app too, and each move is noted', async () => {
    const order = await place(await addProduct());
    await move(order, 'Confirmed', 'Paid by transfer.').expect(200);
    await move(order, 'COMPLETED').expect(200);
    const { body } = await move(order, 'Return', 'Wrong size.').expect(200);
    expect(body.data.status).toBe('returned');
    const moves = body.data.history.map(({ from, to, by, note }: Record<string, unknown>) => [
      from,
      to,
      by,
      note,
    ]);
    expect(moves).toEqual([
      [null, 'pending', shop.owner.userId, ''],
      ['pending', 'processing', shop.agent.userId, 'Paid by transfer.'],
      ['processing', 'completed', shop.agent.userId, ''],
      ['completed', 'returned', shop.agent.userId, 'Wrong size.'],
    ]);
  });

  it('takes no illegal move (409, naming the legal ones), and then nothing has changed', async () => {
    const order = await place(await addProduct());
    const { body } = await move(order, 'completed').expect(409);
    expect(body).toMatchObject({
      code: 'illegal_status',
      error: 'This order is pending: it can become processing or cancelled, not completed.',
    });
    await move(order, 'cancelled').expect(200);
    expect((await move(order, 'pending').expect(409)).body.error).toBe(
      'This order is cancelled: it stays so, not pending.',
    );
    const again = await shop.agent.get(`${shop.path}/orders/${order.id}`).expect(200);
    expect(again.body.data.history).toHaveLength(2);
  });

  it.each(['shipped', '', 'constructor', 5, null])('is not %j (400)', async (status) => {
    const order = await place(await addProduct());
    const { body } = await shop.agent
      .put(`${shop.path}/orders/${order.id}/status`, { status })
      .expect(400);
    expect(body.details[0].field).toBe('status');
  });

  it('is moved by its readable number, not by somebody of another shop (404)', async () => {
    const order = await place(await addProduct());
    await move({ id: order.orderId }, 'processing').expect(200);
    const foreign = await aShop(app);
    const path = `${foreign.path}/orders/${order.id}/status`;
    await foreign.owner.put(path, { status: 'cancelled' }).expect(404);
  });

  it('is told of once a move, under a growing number', async () => {
    const order = await place(await addProduct());
    await move(order, 'processing').expect(200);
    await move(order, 'processing').expect(200);
    await eventually(() => {
      const told = updates.filter(({ id }) => id === order.id);
      expect(told.map(({ status }) => status)).toEqual(['processing']);
      expect(told[0]!.seq).toBeGreaterThan(order.seq);
    });
  });
});

describe('the pieces of an order that ends', () => {
  it.each(['cancelled', 'returned'])('come back once, by ten clicks on %s at once', async (end) => {
    const productId = await addProduct();
    const order = await place(productId, 3);
    expect(await stockOf(productId)).toBe(7);
    if (end === 'returned') await move(order, 'processing').expect(200);
    const clicks = await Promise.all(Array.from({ length: 10 }, () => move(order, end)));
    expect(clicks.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(await stockOf(productId)).toBe(10);
    const path = `${shop.path}/products/${productId}/stock-movements`;
    const { body } = await shop.agent.get(path).expect(200);
    expect(body.data[0]).toMatchObject({
      change: 3,
      newStock: 10,
      reason: `order_${end}`,
      orderId: order.id,
      by: shop.agent.userId,
    });
    expect(body.data).toHaveLength(3);
  });

  it('come back once, by twenty processes that put them back at once', async () => {
    const stock = app.nest.get(StockService, { strict: false });
    for (let round = 0; round < 5; round++) {
      const productId = await addProduct();
      const order = await place(productId, 3);
      const cause = { by: null, reason: 'order_cancelled' } as const;
      const line = { productId, quantity: 3 };
      const ended = { orderId: order.id, round: 0 };
      await Promise.all(
        Array.from({ length: 20 }, () => stock.putBack(shop.id, ended, line, cause)),
      );
      expect(await stockOf(productId)).toBe(10);
      const path = `${shop.path}/products/${productId}/stock-movements`;
      const { body } = await shop.agent.get(path).expect(200);
      const back = body.data.filter(({ reason }: { reason: string }) => reason === cause.reason);
      expect(back).toMatchObject([{ change: 3, newStock: 10, orderId: order.id }]);
    }
  });

  it('come back to a stock that many others change at the same moment', async () => {
    const productId = await addProduct(100);
    const orders = await Promise.all(Array.from({ length: 8 }, () => place(productId, 2)));
    await Promise.all([
      ...orders.map((order) => move(order, 'cancelled').expect(200)),
      ...Array.from({ length: 8 }, () => place(productId, 1)),
    ]);
    expect(await stockOf(productId)).toBe(92);
  });

  it('stay away from a product that was not counted then, or is not counted now', async () => {
    const uncounted = await addProduct(null);
    const order = await place(uncounted);
    const path = `${shop.path}/products/${uncounted}`;
    await shop.owner.put(path, { stock: 4 }).expect(200);
    await move(order, 'cancelled').expect(200);
    expect(await stockOf(uncounted)).toBe(4);
    const counted = await addProduct(5);
    const other = await place(counted);
    await shop.owner.put(`${shop.path}/products/${counted}`, { stock: null }).expect(200);
    await move(other, 'cancelled').expect(200);
    expect(await stockOf(counted)).toBeNull();
  });
});

describe('the movements of a stock', () => {
  const movements = (productId: string) => `${shop.path}/products/${productId}/stock-movements`;

  it('say who, why, how many, when and what is left, newest first, in pages', async () => {
    const productId = await addProduct(5);
    await shop.manager
      .post(movements(productId), { change: 7, note: '$stock delivery' })
      .expect(201);
    await shop.manager.post(movements(productId), { change: -2 }).expect(201);
    await place(productId, 1);
    const first = await shop.agent.get(`${movements(productId)}?limit=3`).expect(200);
    const second = await shop.agent
      .get(`${movements(productId)}?limit=3&cursor=${first.body.meta.nextCursor}`)
      .expect(200);
    const all = [...first.body.data, ...second.body.data];
    expect(
      all.map(({ change, newStock, reason, note }) => [change, newStock, reason, note]),
    ).toEqual([
      [-1, 9, 'order', ''],
      [-2, 10, 'correction', ''],
      [7, 12, 'correction', '$stock delivery'],
      [5, 5, 'opening', ''],
    ]);
    expect(all[1].by).toBe(shop.manager.userId);
    expect(second.body.meta.nextCursor).toBeNull();
  });

  it('never lead below nothing (409), and an agent makes none (403)', async () => {
    const productId = await addProduct(5);
    const changes = Array.from({ length: 10 }, () =>
      shop.manager.post(movements(productId), { change: -1 }),
    );
    const answers = await Promise.all(changes);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const { body } = await shop.manager.post(movements(productId), { change: -1 }).expect(409);
    expect(body.code).toBe('out_of_stock');
    await shop.agent.post(movements(productId), { change: 1 }).expect(403);
    const uncounted = await addProduct(null);
    await shop.manager.post(movements(uncounted), { change: 1 }).expect(409);
    await shop.manager.post(movements(productId), { change: 0 }).expect(400);
  });
});

describe('the list of orders', () => {
  it('is filtered by status, time, channel and text, and pages through what is left', async () => {
    const world = await aShop(app);
    const { body } = await world.owner.post(`${world.path}/products`, aProduct({ stock: 100 }));
    const items = [{ productId: body.data.id, quantity: 1 }];
    const placeFor = async (name: string, phone: string, channel: string) => {
      const sent = { customer: { name, phone }, items, channel };
      return (await world.owner.post(`${world.path}/orders`, sent).expect(201)).body.data;
    };
    const first = await placeFor('Aung Aung', '+95 9 123 456', 'facebook');
    const second = await placeFor('မောင် မောင်', '09 777 888', 'viber');
    const third = await placeFor('Aung Myat', '', 'counter');
    await world.agent
      .put(`${world.path}/orders/${second.id}/status`, { status: 'processing' })
      .expect(200);
    const list = async (query: string): Promise<string[]> => {
      const page = await world.agent.get(`${world.path}/orders?${query}`).expect(200);
      return page.body.data.map(({ id }: { id: string }) => id);
    };
    expect(await list('status=pending')).toEqual([third.id, first.id]);
    expect(await list('status=Confirmed')).toEqual([second.id]);
    expect(await list('q=aung')).toEqual([third.id, first.id]);
    expect(await list('q=aung%20my')).toEqual([third.id]);
    expect(await list('q=09123456')).toEqual([first.id]);
    expect(await list(`q=${encodeURIComponent('မောင်')}`)).toEqual([second.id]);
    expect(await list(`q=${first.orderId.toLowerCase()}`)).toEqual([first.id]);
    expect(await list('q=...')).toEqual([]);
    expect(await list('channel=facebook&status=pending&q=au')).toEqual([first.id]);
    expect(await list(`from=${second.submittedAt}`)).toEqual([third.id, second.id]);
    expect(await list(`to=${second.submittedAt}&from=2026-01-01`)).toEqual([first.id]);
    const page = await world.agent.get(`${world.path}/orders?q=aung&limit=1`).expect(200);
    expect(await list(`q=aung&limit=1&cursor=${page.body.meta.nextCursor}`)).toEqual([first.id]);
    await world.agent.get(`${world.path}/orders?status=lost`).expect(400);
    for (const time of [
      'yesterday',
      '2026-W01-1',
      '2026-335',
      '2026',
      '2026-02-30',
      '2026-05-03T9',
    ]) {
      await world.agent.get(`${world.path}/orders?from=${time}`).expect(400);
      await world.agent.get(`${world.path}/orders?to=${time}`).expect(400);
    }
  });
});
