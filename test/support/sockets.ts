import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { TestApp } from './app.js';

type Data = Record<string, unknown>;

/** One client at one of the two doors: what it asks, and what it hears. */
export interface DoorClient {
  /** Asks and answers what came back: the acknowledgement, or the answering event. */
  ask(event: string, data: Data): Promise<Data>;
  /** The next event of that name; those that came meanwhile wait. */
  next(event: string): Promise<Data>;
  heard(event: string): Data[];
  /** Drops what has come under that name. */
  forget(event: string): void;
  /** As a client that hangs: what comes stays in the network. */
  stopReading(): void;
  readAgain(): void;
  /** Why the door was closed, once it is. */
  closed: Promise<string>;
  close(): void;
}

const DEADLINE_MS = 20_000;

/** How the raw door names the answers. */
const ANSWERS: Record<string, string> = {
  'shop:join': 'shop:joined',
  'shop:leave': 'shop:left',
  'typing:start': 'typing:told',
  'typing:stop': 'typing:told',
  'presence:view': 'presence:viewed',
  ping: 'pong',
};

interface Entry {
  event: string;
  data: Data;
}

/** The server whose sockets they are; what comes is searched for leaks where it can be. */
type Served = Pick<TestApp, 'url'> & Partial<Pick<TestApp, 'heard'>>;

/** Keeps every event until somebody asks for it. */
class Inbox {
  private events: Entry[] = [];
  private readonly waiting: { names: string[]; resolve: (entry: Entry) => void }[] = [];

  constructor(private readonly served: Served) {}

  put(event: string, data: Data): void {
    this.served.heard?.(event, data);
    const index = this.waiting.findIndex(({ names }) => names.includes(event));
    if (index >= 0) this.waiting.splice(index, 1)[0]?.resolve({ event, data });
    else this.events.push({ event, data });
  }

  async next(event: string): Promise<Data> {
    return (await this.nextOf([event])).data;
  }

  /** The next event that has one of the names. */
  nextOf(names: string[]): Promise<Entry> {
    const index = this.events.findIndex(({ event }) => names.includes(event));
    if (index >= 0) return Promise.resolve(this.events.splice(index, 1)[0]!);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${names.join()} came`)), DEADLINE_MS);
      this.waiting.push({ names, resolve: (entry) => (clearTimeout(timer), resolve(entry)) });
    });
  }

  forget(name: string): void {
    this.events = this.events.filter(({ event }) => event !== name);
  }

  heard(event: string): Data[] {
    return this.events.filter((entry) => entry.event === event).map(({ data }) => data);
  }
}

/** @throws Error with the server's `code` when the handshake is refused */
export async function openSocketIo(
  served: Served,
  auth: Data,
  extraHeaders: Record<string, string> = {},
): Promise<DoorClient> {
  const socket: Socket = io(served.url, {
    auth,
    forceNew: true,
    reconnection: false,
    extraHeaders,
  });
  const inbox = new Inbox(served);
  socket.onAny((event: string, data: Data) => inbox.put(event, data));
  const closed = new Promise<string>((resolve) => socket.on('disconnect', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', resolve);
    socket.on('connect_error', (error: Error & { data?: { code: string } }) => {
      socket.close();
      reject(new Error(error.data?.code ?? error.message));
    });
  });
  // A client whose server goes amid the upgrade notices only when a ping fails to come.
  const { engine } = socket.io;
  if (engine.transport.name === 'polling') {
    await new Promise<void>((resolve) => {
      for (const event of ['upgrade', 'upgradeError', 'close'] as const) {
        engine.once(event, () => resolve());
      }
    });
  }
  return {
    ask: async (event, data) => {
      const answer = (await socket.timeout(DEADLINE_MS).emitWithAck(event, data)) as Data;
      const { ok, ...told } = answer;
      served.heard?.(ok ? (ANSWERS[event] ?? event) : 'error', told);
      return answer;
    },
    next: (event) => inbox.next(event),
    heard: (event) => inbox.heard(event),
    forget: (event) => inbox.forget(event),
    stopReading: () => wsOf(socket).pause(),
    readAgain: () => wsOf(socket).resume(),
    closed,
    close: () => {
      // One that does not read hears no farewell either, and would wait for it.
      if (wsOf(socket)?.isPaused) wsOf(socket).terminate();
      socket.close();
    },
  };
}

function wsOf(socket: Socket): WebSocket {
  return (socket.io.engine as unknown as { transport: { ws: WebSocket } })?.transport.ws;
}

/** @throws Error naming the HTTP status when the handshake is refused */
export async function openRawWs(
  served: Served,
  { token, headers = {} }: { token?: string; headers?: Record<string, string> } = {},
): Promise<DoorClient> {
  const query = token === undefined ? '' : `?token=${token}`;
  const ws = new WebSocket(`${served.url.replace('http', 'ws')}/ws${query}`, { headers });
  const inbox = new Inbox(served);
  ws.on('message', (frame: Buffer) => {
    const { event, data } = JSON.parse(frame.toString()) as { event: string; data: Data };
    inbox.put(event, data);
  });
  const closed = new Promise<string>((resolve) => {
    ws.on('close', (code, reason) => resolve(`${code} ${String(reason)}`));
  });
  await new Promise<void>((resolve, reject) => {
    ws.on('open', resolve);
    ws.on('error', reject);
  });
  return {
    ask: async (event, data) => {
      ws.send(JSON.stringify({ type: 'client', event, data, timestamp: Date.now() }));
      const answer = await inbox.nextOf([ANSWERS[event] ?? event, 'error']);
      return { ok: answer.event !== 'error', ...answer.data };
    },
    next: (event) => inbox.next(event),
    heard: (event) => inbox.heard(event),
    forget: (event) => inbox.forget(event),
    stopReading: () => ws.pause(),
    readAgain: () => ws.resume(),
    closed,
    close: () => (ws.isPaused ? ws.terminate() : ws.close()),
  };
}
