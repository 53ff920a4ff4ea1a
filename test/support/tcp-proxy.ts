import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Socket,
} from 'node:net';

/** A line to a server that can be cut, slowed, or go silent, as networks and machines do. */
export interface TcpProxy {
  port: number;
  /** `hang`: what is sent stays on the way; `refuse`: lines break, new ones are refused. */
  behave(how: 'pass' | 'hang' | 'refuse' | { delayMs: number }): Promise<void>;
  stop(): Promise<void>;
}

/** @param isThere false: it refuses until it is told otherwise */
export async function startTcpProxy(target: NetConnectOpts, isThere = true): Promise<TcpProxy> {
  const lines = new Set<[Socket, Socket]>();
  let delayMs = 0;
  let isHanging = false;
  const forward = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      if (isHanging) return;
      if (delayMs === 0) to.write(chunk);
      else setTimeout(() => to.destroyed || to.write(chunk), delayMs);
    });
  };
  const server = createServer((client) => {
    const upstream = connect(target);
    const line: [Socket, Socket] = [client, upstream];
    lines.add(line);
    forward(client, upstream);
    forward(upstream, client);
    for (const socket of line) {
      socket
        .on('error', () => {})
        .on('close', () => {
          lines.delete(line);
          for (const end of line) end.destroy();
        });
    }
  });
  const listen = async (at: number): Promise<number> => {
    await once(server.listen(at, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const refuse = async (): Promise<void> => {
    const closed = server.listening && once(server, 'close');
    if (closed) server.close();
    for (const [client] of lines) client.destroy();
    await closed;
  };
  const port = await listen(0);
  if (!isThere) await refuse();
  return {
    port,
    behave: async (how) => {
      isHanging = how === 'hang';
      delayMs = typeof how === 'object' ? how.delayMs : 0;
      if (how === 'refuse') return refuse();
      if (!server.listening) await listen(port);
    },
    stop: refuse,
  };
}
