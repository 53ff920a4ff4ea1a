import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ignoreOtherProtocols } from './other-protocols.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a socket that wants to be a WebSocket', () => {
  it.each([
    ['is closed when no door answers it', 0, true],
    ['goes on when one does', 10, false],
  ])('%s', (_, written, isClosed) => {
    const server = createServer();
    const socket = new Socket();
    let bytesWritten = 0;
    vi.spyOn(socket, 'bytesWritten', 'get').mockImplementation(() => bytesWritten);
    server.on('upgrade', () => (bytesWritten = written));
    ignoreOtherProtocols(server);
    server.emit('upgrade', { headers: { upgrade: 'WebSocket' } }, socket, Buffer.alloc(0));
    vi.advanceTimersByTime(19_000);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(socket.destroyed).toBe(isClosed);
  });
});
