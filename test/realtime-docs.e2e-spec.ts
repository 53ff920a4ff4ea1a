import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_EVENTS } from '../src/realtime/client-events.js';
import { PUSH_TABLE } from '../src/realtime/push-table.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { anOrder } from './support/orders.js';
import { aPicture, dataUrlOf } from './support/pictures.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

type Json = Record<string, any>;

const document = async (of: TestApp = app, headers: Record<string, string> = {}): Promise<Json> =>
  (await (await fetch(`${of.url}/docs/realtime-json`, { headers })).json()) as Json;

/** Every key of an object in it, at any depth. */
function keysIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => [key, ...keysIn(value)]);
}

function referencesIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' ? [value as string] : referencesIn(value),
  );
}

const find = (root: Json, reference: string): unknown =>
  reference
    .slice('#/'.length)
    .split('/')
    .reduce<Json | undefined>((node, part) => node?.[part], root);

/** What the team and a customer hear of a day in a shop, under the keys of the docs. */
async function livedThrough(shop: ShopWorld): Promise<[string, Json][]> {
  const heard: [string, Json][] = [];
  const hear = async (client: DoorClient, name: string, who = 'team'): Promise<void> => {
    heard.push([`server.${name}.${who}`.replace(/[^\w.]+/g, '-'), await client.next(name)]);
  };
  const { path, owner, agent } = shop;
  const team = await openSocketIo(app, { token: owner.token });
  const raw = await openRawWs(app, { token: agent.token });
  await team.ask('shop:join', { shopId: shop.id, since: 0 });
  const { ok, ...joined } = await raw.ask('shop:join', { shopId: shop.id, since: 0 });
  expect(ok).toBe(true);
  heard.push(['server.shop-joined.team', joined]);
  await hear(team, 'presence');
  const chat = await app.request
    .post(`/api/public/shops/${shop.slug}/conversations`)
    .send({ customerName: 'Su Su', text: 'Hello' })
    .expect(201);
  const { conversation, token } = chat.body.data;
  await hear(team, 'message:new');
  await hear(team, 'conversation:update');
  await hear(team, 'notification', 'one of the team');
  const customer = await openSocketIo(app, { token });
  const messages = `${path}/conversations/${conversation.id}/messages`;
  const url = dataUrlOf(await aPicture());
  await agent.post(messages, { text: 'Look', attachment: { type: 'image', url } }).expect(201);
  await hear(team, 'message:new');
  await hear(raw, 'message:new');
  await hear(customer, 'message:new', 'customer');
  await agent.post(messages, { text: 'Good?' }).expect(201);
  await hear(team, 'message:new');
  await hear(customer, 'message:new', 'customer');
  await raw.ask('typing:start', { shopId: shop.id, conversationId: conversation.id });
  await hear(team, 'typing');
  await hear(customer, 'typing', 'customer');
  team.forget('conversation:update');
  const change = { status: 'closed', assigneeId: agent.userId };
  await agent.put(`${path}/conversations/${conversation.id}`, change).expect(200);
  await hear(team, 'conversation:update');
  await hear(customer, 'conversation:update', 'customer');
  team.forget('notification');
  const placed = await anOrder(app, shop);
  await hear(team, 'order:update');
  await hear(team, 'notification', 'one of the team');
  const product = await owner.post(`${path}/products`, aProduct()).expect(201);
  const items = [{ productId: product.body.data.id, quantity: 1 }];
  await owner.post(`${path}/orders`, { items, customer: { name: 'Aung Aung' } }).expect(201);
  await hear(team, 'order:update');
  const begun = { orderId: placed.id, provider: 'sandbox' };
  const { body } = await owner.post(`${path}/payments/intent`, begun).expect(201);
  const paid = { paymentIntentId: body.paymentIntent.id };
  await owner.post(`${path}/payments/confirm`, paid).expect(200);
  await hear(team, 'payment:update');
  await owner.post('/api/notifications/read').expect(200);
  await hear(team, 'notification:cleared', 'one of the team');
  for (const client of [team, raw, customer]) client.close();
  return heard;
}

describe('the realtime docs', () => {
  it('are an AsyncAPI document of every event of the tables', async () => {
    const { asyncapi, channels, operations, servers } = await document();
    expect(asyncapi).toBe('3.0.0');
    expect(Object.keys(servers)).toEqual(['socketio', 'raw']);
    const messages = Object.values(channels.shop.messages as Json);
    const names = new Set(messages.map(({ name }: Json) => name));
    const pushed = Object.values(PUSH_TABLE).flatMap((pushes) => pushes.map(({ as }) => as));
    expect([...names]).toEqual(expect.arrayContaining([...pushed, ...Object.keys(CLIENT_EVENTS)]));
    for (const { summary, payload } of messages) {
      expect(summary).toMatch(/\.$/);
      expect(payload).toBeTypeOf('object');
    }
    const referenced = [...operations.hear.messages, ...operations.ask.messages];
    expect(referenced).toHaveLength(messages.length);
  });

  it('have the structure of AsyncAPI 3, and lead nowhere outside', async () => {
    const whole = await document();
    expect(whole).toMatchObject({
      asyncapi: '3.0.0',
      info: { title: expect.any(String), version: expect.any(String) },
    });
    for (const server of Object.values<Json>(whole.servers)) {
      expect(server).toMatchObject({ host: new URL(app.url).host, protocol: 'ws' });
    }
    expect(whole.operations.hear).toMatchObject({ action: 'send', channel: {} });
    expect(whole.operations.ask).toMatchObject({ action: 'receive', channel: {} });
    for (const key of Object.keys({
      ...whole.channels.shop.messages,
      ...whole.components.schemas,
    })) {
      expect(key).toMatch(/^[\w.-]+$/);
    }
    const references = new Set(referencesIn(whole));
    for (const reference of references) expect(find(whole, reference), reference).toBeDefined();
    const named = Object.keys(whole.components.schemas);
    expect(named.filter((name) => !references.has(`#/components/schemas/${name}`))).toEqual([]);
    const keys = keysIn(whole);
    expect(keys).not.toContain('nullable');
    expect(keys).not.toContain('example');
  });

  it('hold what a socket really hears, as plain JSON Schema', async () => {
    const heard = await livedThrough(await aShop(app));
    const whole = await document();
    // Refuses what is no keyword.
    const ajv = new Ajv({ strictSchema: true, strictTypes: false });
    ajvFormats.default(ajv);
    ajv.addVocabulary(Object.keys(whole));
    ajv.addSchema(whole, 'realtime');
    for (const [key, data] of heard) {
      const pointer = `realtime#/channels/shop/messages/${encodeURIComponent(key)}/payload`;
      const validate = ajv.compile({ $ref: pointer });
      expect(validate(data), `${key}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
    const keys = new Set(heard.map(([key]) => key));
    const pushes = Object.values(PUSH_TABLE).flatMap((all) =>
      all.map(({ as, to }) => ({ as, to })),
    );
    const pushed = pushes.map(({ as, to }) => `server.${as}.${to}`.replace(/[^\w.]+/g, '-'));
    expect([...keys]).toEqual(expect.arrayContaining(pushed));
  });

  it('say where the sockets are reached from outside', async () => {
    const proxied = await createTestApp({ TRUST_PROXY: 'loopback' });
    const forwarded = await document(proxied, { 'X-Forwarded-Proto': 'https' });
    const untrusted = await document(app, { 'X-Forwarded-Proto': 'https' });
    await proxied.close();
    const known = await createTestApp({ PUBLIC_URL: 'https://api.example' });
    const configured = await document(known);
    await known.close();
    const { host } = new URL(proxied.url);
    expect(forwarded.servers.raw).toMatchObject({ host, protocol: 'wss' });
    expect(untrusted.servers.raw.protocol).toBe('ws');
    expect(configured.servers).toMatchObject({
      socketio: { host: 'api.example', protocol: 'wss', pathname: '/socket.io' },
      raw: { host: 'api.example', protocol: 'wss', pathname: '/ws' },
    });
  });

  it('have a page for people, without a script', async () => {
    const response = await fetch(`${app.url}/docs/realtime`);
    const html = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    for (const name of ['message:new', 'shop:join', 'presence']) {
      expect(html).toContain(`<code>${name}</code>`);
    }
    expect(html).not.toContain('<script');
    const docs = await fetch(`${app.url}/docs`);
    expect(docs.status).toBe(200);
    // An answer that nobody reads to its end holds the connection, and with it the stop.
    await docs.text();
  });
});
