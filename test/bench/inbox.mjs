import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mongoose from 'mongoose';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { JWT_SECRET, ratio, residentMb, rounds, say, seconds, send, startApi } from './harness.mjs';
import { median, quantile } from './load.mjs';

/** [sockets, rooms they are spread over] */
const CROWDS = [
  [200, 1],
  [200, 100],
  [2_000, 1],
  [2_000, 100],
];
/** Timed one after the other, in each round. */
const MESSAGES = 40;
/** Posted at a time, to see how much gets through. */
const IN_FLIGHT = 8;
const IDLE_SOCKETS = 720;
const SHORT_CONVERSATION = 10;
const LONG_CONVERSATION = 100_000;
const MISSED = 1_000;

/** From the POST of a message to its arrival, memory of sockets, and what long histories cost. */
export async function inbox({ api, world, mongodbUri, directory, variables }) {
  const bare = await startBareSockets(mongodbUri);
  const client = await mongoose.mongo.MongoClient.connect(mongodbUri);
  try {
    const memory = await memoryOfSockets({ world, settings: { mongodbUri, directory, variables } });
    const deliveries = [];
    for (const [sockets, rooms] of CROWDS) {
      deliveries.push(await compareDelivery({ api, bare, world, sockets, rooms }));
    }
    return {
      deliveries,
      memory,
      sendCost: await sendCost({ api, world, db: client.db() }),
      resume: await resume({ api, world }),
    };
  } finally {
    await client.close();
    bare.child.disconnect();
    await bare.exited;
  }
}

async function compareDelivery({ api, bare, world, sockets, rooms }) {
  const shops = await Promise.all(
    Array.from({ length: rooms }, (_, index) => makeInbox({ api, world }, `r${sockets}-${index}`)),
  );
  const tokens = await hire({
    api,
    world,
    shops,
    people: Math.ceil(sockets / SOCKETS_OF_A_PERSON),
  });
  const ours = await crowd({
    sockets,
    rooms: shops.map(({ shopId }) => shopId),
    connect: (index) => io(api.url, { auth: { token: tokens[index % tokens.length] }, ...SOCKET }),
    join: (socket, shopId) => socket.emitWithAck('shop:join', { shopId }),
  });
  const theirs = await crowd({
    sockets,
    rooms: shops.map(({ shopId }) => shopId),
    connect: () => io(bare.url, SOCKET),
    join: (socket, room) => socket.emitWithAck('join', room),
  });
  const name = `${sockets} sockets in ${rooms} room(s)`;
  const barePost = (path, text) => send('POST', bare.url + path, { text }, world.token);
  const figures = await inRounds(
    {
      API: [ours, (room, text) => shops[room].write(text)],
      bare: [theirs, (room, text) => barePost(`/shops/${shops[room].shopId}/messages`, text)],
      'bare emit': [theirs, (room, text) => barePost(`/rooms/${shops[room].shopId}`, text)],
    },
    name,
  );
  for (const { close } of [ours, theirs]) close();
  const { API, bare: reference, 'bare emit': emit } = figures;
  const deliveries = `${name}: deliveries per second`;
  ratio(`${deliveries} / bare`, API.perSecond / reference.perSecond, { atLeast: 0.8 });
  ratio(`${deliveries} / bare that only counts, stores and emits`, API.perSecond / emit.perSecond);
  ratio(`${name}: p99 / bare`, API.p99 / reference.p99, { atMost: 3 });
  return { sockets, rooms, ...figures };
}

/** Medians over the rounds, in which all take turns; the first, in which all is new, is not counted. */
async function inRounds(crowds, name) {
  const results = Object.fromEntries(Object.keys(crowds).map((who) => [who, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [who, [{ time, flood }, post]] of Object.entries(crowds)) {
      const result = { ...(await time(post)), perSecond: await flood(post) };
      if (round > 0) results[who].push(result);
    }
  }
  return Object.fromEntries(
    Object.entries(results).map(([who, all]) => {
      const of = (key) => median(all.map((result) => result[key]));
      const figure = { perSecond: Math.round(of('perSecond')), p50: of('p50'), p99: of('p99') };
      const { perSecond, p50, p99 } = figure;
      say(`${name}, ${who}`, `${perSecond} deliveries/s  p50 ${p50} ms  p99 ${p99} ms`);
      return [who, { ...figure, spread: all.map((result) => Math.round(result.perSecond)) }];
    }),
  );
}

/** A person has at most a hundred sockets. */
const SOCKETS_OF_A_PERSON = 80;

/** Tokens of people who are in the teams of all `shops`. */
async function hire({ api, world, shops, people }) {
  const tokens = [];
  for (let index = 0; index < people; index++) {
    const username = `b${Date.now().toString(36)}${index}`;
    const account = {
      email: `${username}@example.com`,
      password: 'bench: a pass phrase',
      username,
    };
    tokens.push((await send('POST', `${api.url}/api/auth/register`, account)).token);
    for (const { path } of shops) {
      await send('POST', `${path}/team`, { username, role: 'agent' }, world.token);
    }
  }
  return tokens;
}

const SOCKET = { transports: ['websocket'], reconnection: false, forceNew: true };

/**
 * Opens the sockets. `time` posts one message after the other, so that each delivery is timed from its
 * own POST; `flood` posts several at a time for a while, to see how much gets through.
 */
async function crowd({ sockets, rooms, connect, join }) {
  const open = [];
  for (let index = 0; index < sockets; index++) {
    const socket = connect(index);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    await join(socket, rooms[index % rooms.length]);
    open.push(socket);
  }
  const perRoom = Math.floor(sockets / rooms.length);
  let told = 0;
  let hear = () => {};
  for (const socket of open) {
    socket.on('message:new', () => {
      told++;
      hear();
    });
  }
  /** Resolves when `count` more have arrived than had when it was asked for. */
  const arrival = (count, until = told + count) =>
    new Promise((resolve) => {
      const look = () => told >= until && resolve();
      const before = hear;
      hear = () => (before(), look());
      look();
    });
  const time = async (post) => {
    const latencies = [];
    for (let turn = 0; turn < MESSAGES; turn++) {
      const startedAt = performance.now();
      hear = () => latencies.push(performance.now() - startedAt);
      await Promise.all([arrival(perRoom), post(turn % rooms.length, `message ${turn}`)]);
    }
    hear = () => {};
    latencies.sort((a, b) => a - b);
    const at = (share) => Number(quantile(latencies, share).toFixed(1));
    return { p50: at(0.5), p99: at(0.99) };
  };
  const flood = async (post) => {
    const before = told;
    const startedAt = performance.now();
    let posted = 0;
    const poster = async () => {
      while (performance.now() < startedAt + seconds * 1_000) {
        const turn = posted++;
        await post(turn % rooms.length, `more ${turn}`);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, poster));
    await arrival(0, before + posted * perRoom);
    hear = () => {};
    return (told - before) / ((performance.now() - startedAt) / 1_000);
  };
  const close = () => {
    for (const socket of open) socket.disconnect();
  };
  return { time, flood, close };
}

async function makeInbox({ api, world }, name) {
  const body = { name, slug: `bench-${name}-${Date.now()}`, currency: 'USD' };
  const { id: shopId } = await send('POST', `${api.url}/api/shops`, body, world.token);
  return openConversation({ world }, { shopId, path: `${api.url}/api/shops/${shopId}` });
}

async function openConversation({ world }, { shopId, path }) {
  const conversation = { customerName: 'Su Su' };
  const { id } = await send('POST', `${path}/conversations`, conversation, world.token);
  const write = (text) =>
    send('POST', `${path}/conversations/${id}/messages`, { text }, world.token);
  return { shopId, path, conversationId: id, write };
}

/**
 * Resident memory of the API per idle socket, at each door: of a new process, in which nothing that was
 * used before is freed beside it.
 */
async function memoryOfSockets({ world, settings }) {
  const perSocket = {};
  const api = await startApi(settings);
  const tokens = await hire({
    api,
    world,
    shops: [],
    people: Math.ceil(IDLE_SOCKETS / SOCKETS_OF_A_PERSON),
  });
  const doors = {
    'Socket.IO': (token) => io(api.url, { auth: { token }, ...SOCKET }),
    '/ws': (token) => new WebSocket(`${api.url.replace('http', 'ws')}/ws?token=${token}`),
  };
  for (const [door, connect] of Object.entries(doors)) {
    const before = await residentMb(api.child.pid);
    const open = [];
    for (let index = 0; index < IDLE_SOCKETS; index++) {
      const socket = connect(tokens[index % tokens.length]);
      await new Promise((resolve) => socket.once(door === '/ws' ? 'open' : 'connect', resolve));
      open.push(socket);
    }
    const grown = (await residentMb(api.child.pid)) - before;
    perSocket[door] = Math.round((grown * 1_024) / IDLE_SOCKETS);
    for (const socket of open) socket.close();
    say(`memory per idle socket at ${door}`, `${perSocket[door]} KB`);
  }
  api.child.kill('SIGTERM');
  await api.exited;
  return perSocket;
}

/** The tenth message of a conversation beside one in a conversation of a hundred thousand. */
async function sendCost({ api, world, db }) {
  const turns = 50;
  const long = await makeInbox({ api, world }, 'long');
  await fill({ db, chat: long, count: LONG_CONVERSATION });
  for (let turn = 0; turn < 60; turn++) await long.write('warm');
  const spread = [];
  for (let round = 0; round < rounds; round++) {
    const times = { short: [], long: [] };
    for (let turn = 0; turn < turns; turn++) {
      const short = await openConversation({ world }, long);
      await fill({ db, chat: short, count: SHORT_CONVERSATION - 1 });
      for (const [name, chat] of Object.entries({ short, long })) {
        const startedAt = performance.now();
        await chat.write('Hello');
        times[name].push(performance.now() - startedAt);
      }
    }
    spread.push(median(times.long) / median(times.short));
  }
  const title = `send of message ${LONG_CONVERSATION} / message ${SHORT_CONVERSATION}`;
  return ratio(title, median(spread), { atMost: 1.1 }, spread);
}

/** Gives an empty conversation a history. */
async function fill({ db, chat: { shopId, conversationId }, count }) {
  const { ObjectId } = mongoose.mongo;
  const rows = Array.from({ length: count }, (_, index) => ({
    shopId: new ObjectId(shopId),
    conversationId: new ObjectId(conversationId),
    seq: index + 1,
    messageNumber: index + 1,
    sender: 'user',
    senderId: null,
    text: `message ${index}`,
    timestamp: new Date(index),
    attachment: null,
    isNote: false,
  }));
  await db.collection('messages').insertMany(rows, { ordered: false });
  const counted = { $set: { messageCount: count } };
  await db.collection('conversations').updateOne({ _id: rows[0].conversationId }, counted);
}

async function resume({ api, world }) {
  const chat = await makeInbox({ api, world }, 'resume');
  for (let turn = 0; turn < MISSED; turn += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => chat.write(`m ${turn + index}`)));
  }
  const times = [];
  for (let turn = 0; turn < 10; turn++) {
    const startedAt = performance.now();
    const response = await fetch(`${chat.path}/changes?since=1`, {
      headers: { Authorization: `Bearer ${world.token}` },
    });
    const { data } = await response.json();
    times.push(performance.now() - startedAt);
    if (data.messages.length !== MISSED) throw new Error(`${data.messages.length} of ${MISSED}`);
  }
  const ms = Number(median(times).toFixed(1));
  say(`resume of ${MISSED} missed messages`, `${ms} ms`);
  return { missed: MISSED, ms };
}

async function startBareSockets(mongodbUri) {
  const child = fork(fileURLToPath(new URL('./bare-socketio.mjs', import.meta.url)), {
    env: { PATH: process.env.PATH, MONGODB_URI: mongodbUri, JWT_SECRET, NODE_ENV: 'production' },
  });
  const exited = once(child, 'exit');
  const [{ port }] = await once(child, 'message');
  return { child, exited, url: `http://localhost:${port}` };
}
