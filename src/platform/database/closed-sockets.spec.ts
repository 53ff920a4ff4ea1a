import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { endWaitsOnClosedSockets } from './closed-sockets.js';

it('tells a write that meets a broken connection that there is nothing to wait for', async () => {
  endWaitsOnClosedSockets();
  const server = createServer().listen(0);
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port);
  await once(socket, 'connect');
  socket.destroy();
  expect(socket.write('too late')).toBe(false);
  await once(socket, 'drain', { signal: AbortSignal.timeout(5_000) });
  expect(socket.closed).toBe(true);
  server.close();
});
