import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { Broadcaster } from './broadcaster.js';
import { ClientEvents } from './client-events.js';
import { Evictor } from './evictor.js';
import { RawWsGateway } from './raw-ws.gateway.js';
import { SocketAuth } from './socket-auth.js';
import { SocketIoGateway } from './socketio.gateway.js';

@Module({
  imports: [AuthModule, ShopsModule],
  providers: [Broadcaster, Evictor, ClientEvents, SocketAuth, SocketIoGateway, RawWsGateway],
})
export class RealtimeModule {}
