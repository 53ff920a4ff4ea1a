import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { AppConfig } from '../platform/config/app-config.js';
import { calmTurn } from '../platform/http/calm-turn.js';
import { Handshakes, refuseHandshake } from './handshakes.js';
import { MAX_FRAME_BYTES, LimitedWebSocketServer } from './limited-web-socket-server.js';

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
      wsEngine: LimitedWebSocketServer,
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
