import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { RawConnection } from './raw-connection.js';
import { RawRooms } from './raw-rooms.js';
import type { SocketIdentity } from './socket-identity.js';

function aPeer() {
  const ws = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    ping: vi.fn<() => void>(),
    terminate: vi.fn<() => void>(),
  });
  const connection = new RawConnection(
    ws as unknown as WebSocket,
    {} as SocketIdentity,
    new RawRooms(),
  );
  return { ws, connection };
}

describe('the heartbeat of a raw connection', () => {
  it('goes on while the peer answers', () => {
    const { ws, connection } = aPeer();
    for (let beat = 0; beat < 3; beat++) {
      connection.beat();
      ws.emit('pong');
    }
    expect(ws.ping).toHaveBeenCalledTimes(3);
    expect(ws.terminate).not.toHaveBeenCalled();
  });

  it('ends a peer that has not answered the last', () => {
    const { ws, connection } = aPeer();
    connection.beat();
    expect(ws.terminate).not.toHaveBeenCalled();
    connection.beat();
    expect(ws.terminate).toHaveBeenCalledOnce();
    expect(ws.ping).toHaveBeenCalledOnce();
  });
});
