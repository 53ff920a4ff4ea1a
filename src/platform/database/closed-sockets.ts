import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

let isWatching = false;

/**
 * Ends the wait of who writes to a socket of this process just as it breaks. MongoDB's driver waits
 * for 'drain' then, which no closed socket tells, and has no limit: the command never ends, and so
 * does nobody who waits for it, though the database is long back. Told, it sees that the connection
 * is closed and fails as for any lost connection.
 */
export function endWaitsOnClosedSockets(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    // After all who listen to the end have noted it.
    socket.once('close', () => setImmediate(() => socket.emit('drain')));
  });
}
