import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { AppConfig } from '../platform/config/app-config.js';
import { SocketAuth } from './socket-auth.js';

/** Largest frame a client may send, at both doors. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** Socket.IO with our limits, origins and shared upgrade handling. */
export class SocketIoAdapter extends IoAdapter {
  constructor(private readonly app: INestApplicationContext) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const auth = this.app.get(SocketAuth, { strict: false });
    const { appOrigins } = this.app.get(AppConfig, { strict: false });
    const ours: Partial<ServerOptions> = {
      serveClient: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      cors: { origin: appOrigins, credentials: true },
      // Upgrades to other paths belong to the raw door on the same server.
      destroyUpgrade: false,
      allowRequest: (request, decide) => {
        const allowed = auth.isOriginAllowed(request);
        decide(allowed ? null : 'This origin may not connect.', allowed);
      },
    };
    return super.createIOServer(port, { ...options, ...ours } as ServerOptions) as Server;
  }
}
