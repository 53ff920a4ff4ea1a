import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { type ServerOptions as WsOptions, WebSocketServer } from 'ws';
import { AppConfig } from '../platform/config/app-config.js';
import { calmTurn } from '../platform/http/calm-turn.js';
import { Handshakes, refuseHandshake } from './handshakes.js';

/** Largest frame a client may send, at both doors: it asks by frames, its data goes over HTTP. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** Of both doors' WebSockets. */
export const WS_OPTIONS = {
  noServer: true,
  maxPayload: MAX_FRAME_BYTES,
  // Who does not stop when told to is cut off; the library would hear it for 30 seconds.
  closeTimeout: 2_000,
  // Answers to pings that are not read are kept without end otherwise.
  maxPendingAutoPongs: 60,
};

/** The server that Socket.IO brings along keeps every pong that its client does not read. */
class OurWebSocketServer extends WebSocketServer {
  constructor(options: WsOptions) {
    super({ ...options, ...WS_OPTIONS });
  }
}

/** Socket.IO with our limits, origins and shared upgrade handling. */
export class SocketIoAdapter extends IoAdapter {
  /** @param connectTimeout in ms: who connects and does not say who they are is cut off then */
  constructor(
    private readonly app: INestApplicationContext,
    private readonly connectTimeout: number,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const handshakes = this.app.get(Handshakes, { strict: false });
    const { appOrigins } = this.app.get(AppConfig, { strict: false });
    const ours: Partial<ServerOptions> = {
      serveClient: false,
      wsEngine: OurWebSocketServer,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      connectTimeout: this.connectTimeout,
      cors: { origin: appOrigins, credentials: true },
      // Upgrades to other paths belong to the raw door on the same server.
      destroyUpgrade: false,
      allowRequest: (request, decide) => {
        handshakes.greet(request).then(
          () => decide(null, true),
          (error: unknown) => {
            handshakes.noteFailure(error);
            // The library itself could say no more than 403.
            refuseHandshake(request, error);
          },
        );
      },
    };
    return super.createIOServer(port, { ...options, ...ours } as ServerOptions) as Server;
  }

  /** The library closes the port with its server. */
  override async close(server: Server): Promise<void> {
    await calmTurn();
    await super.close(server);
  }
}
