import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SyncService } from '../src/sync/sync.service.js';
import { aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';
import { type DoorClient, openRawWs, openSocketIo } from './support/sockets.js';

/** More than are told at once. */
const MORE_THAN_A_PAGE = 55;
const SOON_MS = 5_000;

let app: TestApp;
let shop: ShopWorld;
let conversation: string;
const open: DoorClient[] = [];

beforeAll(async () => {
  app = await createTestApp();
  shop = await aShop(app);
  const { body } = await shop.owner
    .post(`${shop.path}/conversations`, { customerName: 'Aung' })
    .expect(201);
  conversation = `${shop.path}/conversations/${body.data.id}`;
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => app.close());

const DOORS = {
  'Socket.IO': (token: string) => openSocketIo(app, { token }),
  '/ws': (token: string) => openRawWs(app, { token }),
};
type DoorName = keyof typeof DOORS;

async function connect(door: DoorName): Promise<DoorClient> {
  const client = await DOORS[door](shop.agent.token);
  open.push(client);
  return client;
}

/** Writes `count` messages, and returns their numbers. */
async function write(count: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const { body } = await shop.owner
      .post(`${conversation}/messages`, { text: `message ${turn}` })
      .expect(201);
    seqs.push(body.data.message.seq as number);
  }
  return seqs;
}

/** Holds the answer of the next look, which has begun once `hasBegun` resolves. */
function holdLook(): { hasBegun: Promise<void>; goOn: () => void } {
  const sync = app.nest.get(SyncService, { strict: false });
  const look = sync.changesSince.bind(sync);
  const looks = vi.spyOn(sync, 'changesSince');
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const hasBegun = new Promise<void>((resolve) => {
    looks.mockImplementationOnce(async (...args) => {
      const answer = await look(...args);
      resolve();
      await gate;
      return answer;
    });
  });
  return { hasBegun, goOn };
}

const numbersOf = (client: DoorClient): number[] =>
  client.heard('message:new').map(({ seq }) => seq as number);

/** A client that is cut off at any moment has then heard all below its highest number. */
async function expectInOrder(client: DoorClient, seqs: number[]): Promise<void> {
  // Some of what they had comes again.
  const news = () => numbersOf(client).filter((seq) => seq >= seqs[0]!);
  await eventually(() => expect(news()).toHaveLength(seqs.length), SOON_MS);
  expect(news()).toEqual(seqs);
}

describe.each(Object.keys(DOORS) as DoorName[])('who joins with since at %s', (door) => {
  it('is told nothing new before what they missed, though they are in the room', async () => {
    const client = await connect(door);
    const { seq } = await client.ask('shop:join', { shopId: shop.id, since: 0 });
    const missed = await write(1);
    await expectInOrder(client, missed);
    client.forget('message:new');
    const { hasBegun, goOn } = holdLook();
    const joined = client.ask('shop:join', { shopId: shop.id, since: seq });
    await hasBegun;
    const live = await write(1);
    goOn();
    expect(await joined).toMatchObject({ ok: true, reset: false });
    await expectInOrder(client, [...missed, ...live]);
  });

  it('is told what was written meanwhile before they are in the room, however much it is', async () => {
    const client = await connect(door);
    const { seq } = await client.ask('shop:join', { shopId: shop.id, since: 0 });
    await client.ask('shop:leave', { shopId: shop.id });
    client.forget('message:new');
    const missed = await write(MORE_THAN_A_PAGE);
    const first = holdLook();
    const joined = client.ask('shop:join', { shopId: shop.id, since: seq });
    await first.hasBegun;
    const meanwhile = await write(MORE_THAN_A_PAGE);
    const second = holdLook();
    first.goOn();
    await second.hasBegun;
    const live = await write(1);
    second.goOn();
    expect(await joined).toMatchObject({ ok: true, reset: false });
    await expectInOrder(client, [...missed, ...meanwhile, ...live]);
  });
});

describe('a raw socket that is back in its rooms', () => {
  it('hears what comes only after what it missed, when it joins with since', async () => {
    const before = await connect('/ws');
    const { seq } = await before.ask('shop:join', { shopId: shop.id, since: 0 });
    before.close();
    const missed = await write(1);
    const client = await connect('/ws');
    await client.next('shop:restored');
    const live = await write(1);
    await client.ask('shop:join', { shopId: shop.id, since: seq });
    await expectInOrder(client, [...missed, ...live]);
  });

  it('hears what comes without a frame of its own, too', async () => {
    const before = await connect('/ws');
    await before.ask('shop:join', { shopId: shop.id });
    before.close();
    const client = await connect('/ws');
    await client.next('shop:restored');
    await expectInOrder(client, await write(2));
  });
});
