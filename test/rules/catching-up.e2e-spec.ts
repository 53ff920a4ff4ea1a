import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, databaseUri, type TestApp, testVariables } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { findProgram, type RedisProcess, startRedis } from '../support/programs.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { type DoorClient, openRawWs, openSocketIo } from '../support/sockets.js';

const CLIENTS = 50;
const WRITES = 1_000;
const CONVERSATIONS = 5;
const WRITERS = 10;
const DEADLINE_MS = 300_000;

const redisServer = findProgram('redis-server', 'valkey-server');

type Data = Record<string, unknown>;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Somebody who keeps what they hear, and comes back with the highest number they have seen. */
class Follower {
  /** By id; an event with an older number than is known is dropped. */
  readonly messages = new Map<string, Data>();
  readonly conversations = new Map<string, Data>();
  resets = 0;
  private since = 0;
  private client?: DoorClient;

  constructor(
    private readonly open: (since: number) => Promise<DoorClient>,
    private readonly reread: () => Promise<{
      messages: Data[];
      conversations: Data[];
      seq: number;
    }>,
  ) {}

  async follow(): Promise<void> {
    for (;;) {
      try {
        this.client = await this.open(this.since);
        return;
      } catch {
        // The process that was asked is being restarted.
        await pause(50);
      }
    }
  }

  /** Takes in what has come since the last time, as events arrive. */
  async drain(): Promise<void> {
    const client = this.client!;
    for (const data of client.heard('message:new')) this.take(this.messages, data);
    for (const data of client.heard('conversation:update')) this.take(this.conversations, data);
    client.forget('message:new');
    client.forget('conversation:update');
  }

  async cut(): Promise<void> {
    await this.drain();
    this.client?.close();
  }

  async readAllAnew(): Promise<void> {
    const { messages, conversations, seq } = await this.reread();
    for (const data of messages) this.take(this.messages, data);
    for (const data of conversations) this.take(this.conversations, data);
    this.since = Math.max(this.since, seq);
    this.resets++;
  }

  private take(known: Map<string, Data>, data: Data): void {
    const [id, seq] = [data['id'] as string, data['seq'] as number];
    this.since = Math.max(this.since, seq);
    const before = known.get(id);
    if (!before || (before['seq'] as number) < seq) known.set(id, data);
  }
}

describe.skipIf(!redisServer)(
  'fifty clients that are cut at random during a thousand writes',
  () => {
    let redis: RedisProcess;
    let app: TestApp;
    let shop: ShopWorld;
    let processes: ServerProcess[];
    let start: () => Promise<ServerProcess>;

    beforeAll(async () => {
      redis = await startRedis(redisServer!);
      const variables = testVariables({ MONGODB_URI: databaseUri(`catching_up_${process.pid}`) });
      const { MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS } = variables;
      app = await createTestApp({ MONGODB_URI, JWT_SECRET, ENCRYPTION_KEYS });
      shop = await aShop(app);
      start = () => startServer({ ...variables, NODE_ENV: 'development', REDIS_URL: redis.url });
      processes = await Promise.all([start(), start()]);
    }, DEADLINE_MS);

    afterAll(async () => {
      await Promise.all(processes.map((server) => server.stop('SIGKILL')));
      await app.close();
      await redis.stop();
    });

    const anyProcess = () => processes[Math.floor(Math.random() * processes.length)]!;

    function aFollower(index: number, members: Actor[]): Follower {
      const { token } = members[index % members.length]!;
      const open = async (since: number): Promise<DoorClient> => {
        const to = { url: anyProcess().url };
        const client =
          index % 2 === 0 ? await openSocketIo(to, { token }) : await openRawWs(to, { token });
        const joined = await client.ask('shop:join', { shopId: shop.id, since });
        if (!joined['ok']) throw new Error('not joined');
        if (joined['reset']) await follower.readAllAnew();
        return client;
      };
      const follower: Follower = new Follower(open, async () => {
        const { body } = await shop.owner.get(`${shop.path}/changes?since=0`).expect(200);
        return body.data;
      });
      return follower;
    }

    /** Sends until a process has answered: the same message under its own id, never twice. */
    async function write(conversationId: string, text: string): Promise<void> {
      const path = `${shop.path}/conversations/${conversationId}/messages`;
      for (;;) {
        const response = await fetch(`${anyProcess().url}${path}`, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Authorization: `Bearer ${shop.agent.token}`,
          },
          body: JSON.stringify({ text, clientMessageId: text }),
        }).catch(() => undefined);
        if (response?.status === 201) return;
        await pause(20);
      }
    }

    async function openConversations(): Promise<string[]> {
      const opened = Array.from({ length: CONVERSATIONS }, () =>
        shop.agent.post(`${shop.path}/conversations`, { customerName: 'Su Su' }).expect(201),
      );
      return (await Promise.all(opened)).map(({ body }) => body.data.id as string);
    }

    async function serverState(): Promise<{ messages: Data[]; conversations: Data[] }> {
      const list = async (path: string): Promise<Data[]> => {
        const rows: Data[] = [];
        for (let cursor: string | null = ''; cursor !== null;) {
          const { body } = await shop.owner.get(
            `${path}?limit=100${cursor && `&cursor=${cursor}`}`,
          );
          rows.push(...(body.data as Data[]));
          cursor = body.meta.nextCursor as string | null;
        }
        return rows;
      };
      const conversations = await list(`${shop.path}/conversations`);
      const messages = await Promise.all(
        conversations.map(({ id }) => list(`${shop.path}/conversations/${id as string}/messages`)),
      );
      return { conversations, messages: messages.flat() };
    }

    it(
      'end with just what the server has, though a process is killed in the middle',
      async () => {
        const conversations = await openConversations();
        const members = [shop.owner, shop.admin, shop.manager, shop.agent];
        const followers = Array.from({ length: CLIENTS }, (_, index) => aFollower(index, members));
        await Promise.all(followers.map((follower) => follower.follow()));
        let isWriting = true;
        let written = 0;
        const writing = Array.from({ length: WRITERS }, async (_, writer) => {
          for (let turn = 0; turn < WRITES / WRITERS; turn++) {
            await write(conversations[(writer + turn) % CONVERSATIONS]!, `${writer}:${turn}`);
            written++;
          }
        });
        const cutting = followers.map(async (follower) => {
          while (isWriting) {
            await pause(Math.random() * 1_500);
            await follower.cut();
            await pause(Math.random() * 300);
            await follower.follow();
          }
        });
        await eventually(() => expect(written).toBeGreaterThan(WRITES / 3), DEADLINE_MS / 2);
        await processes[1]!.stop('SIGKILL');
        processes[1] = await start();
        await Promise.all(writing);
        isWriting = false;
        await Promise.all(cutting);

        const state = await serverState();
        expect(state.messages).toHaveLength(WRITES);
        const byId = (rows: Iterable<Data>, fields: string[]) =>
          [...rows]
            .map((row) => fields.map((field) => String(row[field])).join(' '))
            .sort((a, b) => a.localeCompare(b));
        const messageFields = ['id', 'seq', 'messageNumber', 'text'];
        const conversationFields = ['id', 'seq', 'lastMessage', 'messageCount'];
        await eventually(async () => {
          for (const follower of followers) {
            await follower.drain();
            expect(byId(follower.messages.values(), messageFields)).toEqual(
              byId(state.messages, messageFields),
            );
            expect(byId(follower.conversations.values(), conversationFields)).toEqual(
              byId(state.conversations, conversationFields),
            );
          }
        });
        const numbers = new Map<string, number[]>();
        for (const { conversationId, messageNumber } of state.messages) {
          const known = numbers.get(conversationId as string) ?? [];
          numbers.set(conversationId as string, [...known, messageNumber as number]);
        }
        for (const given of numbers.values()) expect(new Set(given).size).toBe(given.length);
        for (const follower of followers) await follower.cut();
      },
      DEADLINE_MS,
    );
  },
);
