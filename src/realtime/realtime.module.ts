import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { Broadcaster } from './broadcaster.js';
import { ClientEvents } from './client-events.js';
import { Doors } from './doors.js';
import { Evictor } from './evictor.js';
import { Handshakes } from './handshakes.js';
import { RawWsGateway } from './raw-ws.gateway.js';
import { Relay } from './relay.js';
import { SocketAuth } from './socket-auth.js';
import { SocketIoGateway } from './socketio.gateway.js';
import { Sweeper } from './sweeper.js';

@Module({
  imports: [AuthModule, ShopsModule],
  providers: [
    Doors,
    Relay,
    Broadcaster,
    Evictor,
    Sweeper,
    ClientEvents,
    SocketAuth,
    Handshakes,
    SocketIoGateway,
    RawWsGateway,
  ],
})
export class RealtimeModule {}
