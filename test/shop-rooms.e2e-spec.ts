import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Doors } from '../src/realtime/doors.js';
import { shopRoom } from '../src/realtime/rooms.js';
import { Sweeper } from '../src/realtime/sweeper.js';
import { ShopsService } from '../src/shops/shops.service.js';
import { SyncService } from '../src/sync/sync.service.js';
import { type Actor, aShop, aUser, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';

const PAGE = 50;

let app: TestApp;
let shop: ShopWorld;
const open: DoorClient[] = [];

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const client of open.splice(0)) client.close();
});

afterAll(() => app.close());

const DOORS = {
  'Socket.IO': (token: string) => openSocketIo(app, { token }),
  '/ws': (token: string) => openRawWs(app, { token }),
};
type DoorName = keyof typeof DOORS;

async function connect(door: DoorName, token: string): Promise<DoorClient> {
  const client = await DOORS[door](token);
  open.push(client);
  return client;
}

async function aMember(of: ShopWorld): Promise<Actor> {
  const person = await aUser(app);
  await hire(of, person);
  return person;
}

const hire = ({ owner, path }: ShopWorld, { username }: Actor) =>
  owner.post(`${path}/team`, { username, role: 'agent' }).expect(201);

const dismiss = ({ owner, path }: ShopWorld, { userId }: Actor) =>
  owner.delete(`${path}/team/${userId}`).expect(200);

describe('tabs of one session', () => {
  it('keep a shop that one of them has left while another is there', async () => {
    const member = await aMember(shop);
    const { token } = member;
    const other = await aShop(app);
    await hire(other, member);
    const [one, two] = [await connect('/ws', token), await connect('/ws', token)];
    for (const tab of [one, two]) await tab.ask('shop:join', { shopId: shop.id });
    await two.ask('shop:leave', { shopId: shop.id });
    await two.ask('shop:join', { shopId: other.id });
    one.close();
    await one.closed;
    const back = await connect('/ws', token);
    const restored = [await back.next('shop:restored'), await back.next('shop:restored')];
    expect(restored.map(({ shopId }) => shopId)).toEqual([shop.id, other.id]);
    await back.ask('shop:leave', { shopId: shop.id });
    const later = await connect('/ws', token);
    expect(await later.next('shop:restored')).toMatchObject({ shopId: other.id });
    await later.ask('ping', {});
    expect(later.heard('shop:restored')).toEqual([]);
  });
});

describe.each(Object.keys(DOORS) as DoorName[])('the door %s', (door) => {
  it('closes at its next look the sockets of customers whose shop was deleted, and no other', async () => {
    const [closing, staying] = [await aShop(app), await aShop(app)];
    const [gone, kept] = [await aCustomer(closing), await aCustomer(staying)];
    await closing.owner.delete(closing.path).expect(200);
    await app.nest.get(Sweeper, { strict: false }).sweep(new Date());
    expect(await gone.next('session:ended')).toMatchObject({
      reason: expect.stringContaining('chat has ended'),
    });
    await gone.closed;
    expect(await kept.ask('ping', {})).toMatchObject({ ok: true });
  });

  it('does not say that who was taken out of the room while joining is in it', async () => {
    const member = await aMember(shop);
    const client = await connect(door, member.token);
    const shops = app.nest.get(ShopsService, { strict: false });
    const find = shops.findMembership.bind(shops);
    let looks = 0;
    vi.spyOn(shops, 'findMembership').mockImplementation(async (...asked) => {
      if (asked[1] === member.userId && ++looks === 2) {
        await dismiss(shop, member);
        await hire(shop, member);
      }
      return find(...asked);
    });
    expect(await client.ask('shop:join', { shopId: shop.id })).toMatchObject({
      ok: false,
      code: 'conflict',
    });
    expect(occupants(member)).toEqual([]);
    vi.restoreAllMocks();
    expect(await client.ask('shop:join', { shopId: shop.id })).toMatchObject({ ok: true });
    expect(occupants(member)).toHaveLength(1);
  });

  it('tells who is dismissed while they catch up no further page', async () => {
    const busy = await aShop(app);
    const member = await aMember(busy);
    const inbox = `${busy.path}/conversations`;
    const { body } = await busy.owner.post(inbox, { customerName: 'Su Su' }).expect(201);
    const messages = `${inbox}/${body.data.id}/messages`;
    for (let sent = 0; sent < 2 * PAGE; sent++) {
      await busy.owner.post(messages, { text: `${sent}` }).expect(201);
    }
    const client = await connect(door, member.token);
    const sync = app.nest.get(SyncService, { strict: false });
    const read = sync.changesBetween.bind(sync);
    vi.spyOn(sync, 'changesBetween').mockImplementationOnce(async (...asked) => {
      const page = await read(...asked);
      await dismiss(busy, member);
      return page;
    });
    expect(await client.ask('shop:join', { shopId: busy.id, since: 0 })).toMatchObject({
      ok: false,
      code: 'not_found',
    });
    const told = client.heard('message:new').length;
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(PAGE);
  });

  async function aCustomer(of: ShopWorld): Promise<DoorClient> {
    const { body } = await app.request
      .post(`/api/public/shops/${of.slug}/conversations`)
      .send({ customerName: 'Su Su', text: 'Hello' })
      .expect(201);
    return connect(door, body.data.token as string);
  }

  function occupants({ userId }: Actor) {
    const inside = app.nest.get(Doors, { strict: false }).occupants(shopRoom(shop.id));
    return inside.filter(
      ({ identity }) => identity.kind === 'member' && identity.userId === userId,
    );
  }
});
