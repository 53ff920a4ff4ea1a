import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { RateWindow } from './rate-window.js';

/** Largest frame a client may send, at both doors: it asks by frames, its data goes over HTTP. */
export const MAX_FRAME_BYTES = 64 * 1024;
/** Pings and pongs. Of ours, each quarter of a megabyte that is told in one go asks for a pong. */
const MAX_CONTROL_FRAMES_IN_WINDOW = 1_000;

const OPTIONS = {
  noServer: true,
  maxPayload: MAX_FRAME_BYTES,
  // Who does not stop when told to is cut off; the library would hear it for 30 seconds.
  closeTimeout: 2_000,
  // Answers to pings that are not read are kept without end otherwise.
  maxPendingAutoPongs: 60,
};

/** Makes the WebSockets of both doors, with our limits: no door sees a ping or a pong. */
export class LimitedWebSocketServer extends WebSocketServer {
  constructor(options: ServerOptions = {}) {
    super({ ...options, ...OPTIONS });
  }

  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accept: (ws: WebSocket, request: IncomingMessage) => void,
  ): void {
    super.handleUpgrade(request, socket, head, (ws) => {
      limitControlFrames(ws);
      accept(ws, request);
    });
  }
}

function limitControlFrames(ws: WebSocket): void {
  const rate = new RateWindow(MAX_CONTROL_FRAMES_IN_WINDOW);
  const count = (): void => {
    if (rate.isExceeded()) ws.terminate();
  };
  ws.on('ping', count).on('pong', count);
}
