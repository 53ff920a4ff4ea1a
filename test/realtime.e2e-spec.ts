import { once } from 'node:events';
import { JwtService } from '@nestjs/jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aForm, anAccount, aProduct } from './support/bodies.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';

let app: TestApp;
let shop: ShopWorld;
const open: DoorClient[] = [];

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => app.close());

const DOORS = {
  'Socket.IO': (token: string) => openSocketIo(app, { token }),
  '/ws': (token: string) => openRawWs(app, { token }),
};

async function connect(door: keyof typeof DOORS, token: string): Promise<DoorClient> {
  const client = await DOORS[door](token);
  open.push(client);
  return client;
}

async function placeOrder(): Promise<string> {
  const product = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
  const form = await shop.owner.post(`${shop.path}/forms`, aForm()).expect(201);
  const { body } = await app.request
    .post(`/api/public/shops/${shop.slug}/forms/${form.body.data.id}/submissions`)
    .send({
      answers: { note: 'no sugar' },
      items: [{ productId: product.body.data.id, quantity: 2 }],
      customer: { name: 'Aung' },
    })
    .expect(201);
  return body.data.orderId as string;
}

describe.each(Object.keys(DOORS) as (keyof typeof DOORS)[])('the door %s', (door) => {
  it('pushes a new order and a new message to a member in the room, with seq', async () => {
    const client = await connect(door, shop.agent.token);
    expect(await client.ask('shop:join', { shopId: shop.id })).toEqual({
      ok: true,
      shopId: shop.id,
      online: [{ userId: shop.agent.userId, conversationIds: [] }],
    });

    const orderId = await placeOrder();
    const order = await client.next('order:update');
    expect(order).toMatchObject({
      shopId: shop.id,
      orderId,
      status: 'pending',
      totalAmount: 39.98,
    });

    const { body } = await shop.owner
      .post(`${shop.path}/conversations`, { customerName: 'Aung' })
      .expect(201);
    const conversationId = body.data.id as string;
    await shop.owner
      .post(`${shop.path}/conversations/${conversationId}/messages`, { text: 'Hello' })
      .expect(201);
    const message = await client.next('message:new');
    expect(message).toMatchObject({
      conversationId,
      shopId: shop.id,
      text: 'Hello',
      sender: 'seller',
    });
    expect(message['timestamp']).toEqual(expect.any(Number));
    expect(message['seq']).toBeGreaterThan(order['seq'] as number);
    expect(await client.next('conversation:update')).toMatchObject({ id: conversationId });
  });

  it('lets no stranger join, and tells them nothing of the shop', async () => {
    const stranger = await connect(door, shop.outsider.token);
    const member = await connect(door, shop.owner.token);
    await member.ask('shop:join', { shopId: shop.id });
    const refused = await stranger.ask('shop:join', { shopId: shop.id });
    const unknown = await stranger.ask('shop:join', { shopId: '6741c0c0a5f2d13b8c9e0001' });
    expect(refused).toMatchObject({ ok: false, code: 'not_found' });
    expect(unknown).toEqual(refused);
    await placeOrder();
    await member.next('order:update');
    expect(stranger.heard('order:update')).toEqual([]);
  });

  it('tells no stranger who joins with since what the shop has', async () => {
    await placeOrder();
    const { body } = await shop.owner
      .post(`${shop.path}/conversations`, { customerName: 'Aung' })
      .expect(201);
    const path = `${shop.path}/conversations/${body.data.id as string}/messages`;
    await shop.owner.post(path, { text: 'Hello' }).expect(201);
    const stranger = await connect(door, shop.outsider.token);
    const refused = await stranger.ask('shop:join', { shopId: shop.id, since: 0 });
    expect(refused).toMatchObject({ ok: false, code: 'not_found' });
    expect(await stranger.ask('ping', {})).toMatchObject({ ok: true });
    for (const event of ['message:new', 'conversation:update', 'order:update', 'notification']) {
      expect(stranger.heard(event)).toEqual([]);
    }
  });

  it('sends nothing more after shop:leave', async () => {
    const client = await connect(door, shop.owner.token);
    const witness = await connect(door, shop.owner.token);
    await client.ask('shop:join', { shopId: shop.id });
    await witness.ask('shop:join', { shopId: shop.id });
    expect(await client.ask('shop:leave', { shopId: shop.id })).toMatchObject({ ok: true });
    await placeOrder();
    await witness.next('order:update');
    expect(client.heard('order:update')).toEqual([]);
  });

  it.each([[null], [{}], [{ shopId: { $ne: null } }], [{ shopId: ['x'] }]])(
    'answers an error to a join with %j, and lives',
    async (data) => {
      const client = await connect(door, shop.owner.token);
      const answer = await client.ask('shop:join', data as Record<string, unknown>);
      expect(answer).toMatchObject({ ok: false, code: 'validation_failed' });
      expect(await client.ask('ping', {})).toMatchObject({ ok: true });
    },
  );

  it('refuses the handshake without a valid token', async () => {
    for (const token of ['', 'nonsense', `${shop.owner.token}x`]) {
      await expect(DOORS[door](token)).rejects.toThrow(/unauthenticated|401/);
    }
  });

  it('refuses the handshake with an expired token, and with a refresh token', async () => {
    const registered = await app.request.post('/api/auth/register').send(anAccount()).expect(201);
    const cookies = registered.headers['set-cookie'] as unknown as string[];
    const [, refresh] = /refresh_token=([^;]+)/.exec(cookies.join()) ?? [];
    const jwt = app.nest.get(JwtService, { strict: false });
    const { iat: _, exp, ...claims } = jwt.decode<{ iat: number; exp: number }>(shop.owner.token);
    const signed = (until: number) => jwt.sign({ ...claims, exp: until });
    await connect(door, signed(exp));
    for (const token of [signed(Math.floor(Date.now() / 1_000) - 1), refresh!]) {
      await expect(DOORS[door](token)).rejects.toThrow(/unauthenticated|401/);
    }
  });
});

describe('handshakes', () => {
  it('takes the cookie at both doors, from our own page only', async () => {
    const Cookie = `access_token=${shop.owner.token}`;
    const ours = { Cookie, Origin: 'http://app.example' };
    const foreign = { Cookie, Origin: 'http://evil.example' };
    open.push(await openRawWs(app, { headers: ours }), await openSocketIo(app, {}, ours));
    await expect(openRawWs(app, { headers: foreign })).rejects.toThrow('403');
    await expect(openSocketIo(app, {}, foreign)).rejects.toThrow('xhr poll error');
  });

  it('takes ?token= at Socket.IO', async () => {
    const { io } = await import('socket.io-client');
    const socket = io(app.url, { query: { token: shop.owner.token }, forceNew: true });
    await new Promise((resolve, reject) => {
      socket.on('connect', () => resolve(undefined));
      socket.on('connect_error', reject);
    });
    socket.close();
  });

  it('sends frames of type, event, data and timestamp at the raw door, and needs only two of them', async () => {
    const ws = new WebSocket(`${app.url.replace('http', 'ws')}/ws?token=${shop.admin.token}`);
    await once(ws, 'open');
    ws.send(JSON.stringify({ event: 'shop:join', data: { shopId: shop.id } }));
    const before = Date.now();
    const [joined] = (await once(ws, 'message')) as [Buffer];
    const answer = JSON.parse(joined.toString()) as Record<string, unknown>;
    const pushed = new Promise<Record<string, unknown>>((resolve) => {
      ws.on('message', (frame: Buffer) => {
        const read = JSON.parse(frame.toString()) as Record<string, unknown>;
        if (read['event'] === 'order:update') resolve(read);
      });
    });
    await placeOrder();
    for (const [frame, event] of [
      [answer, 'shop:joined'],
      [await pushed, 'order:update'],
    ] as const) {
      expect(frame).toEqual({
        type: event,
        event,
        data: expect.any(Object),
        timestamp: expect.any(Number),
      });
      expect(Math.abs((frame['timestamp'] as number) - before)).toBeLessThan(60_000);
    }
    ws.close();
  });

  it('answers frames of the raw door that are no events with an error, and lives', async () => {
    const client = await connect('/ws', shop.owner.token);
    expect(await client.ask('nonsense', {})).toMatchObject({ ok: false, code: 'bad_request' });
    expect(await client.ask('ping', {})).toMatchObject({ ok: true });
  });

  it('closes sockets with a reason when the server stops', async () => {
    const stopping = await createTestApp();
    const world = await aShop(stopping);
    const raw = await openRawWs(stopping, { token: world.owner.token });
    const socketIo = await openSocketIo(stopping, { token: world.owner.token });
    await stopping.close();
    expect(await raw.closed).toBe('1012 The server restarts: connect again.');
    expect(await socketIo.next('server:closing')).toEqual({
      reason: 'The server restarts: connect again.',
    });
    // Told 'io server disconnect', a client would not connect again by itself.
    expect(await socketIo.closed).toMatch(/^transport/);
  });
});
