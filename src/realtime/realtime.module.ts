import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { SyncModule } from '../sync/sync.module.js';
import { Arrivals } from './arrivals.js';
import { Broadcaster } from './broadcaster.js';
import { CatchUp } from './catch-up.service.js';
import { ChatCustomers } from './chat-customers.service.js';
import { ClientEvents } from './client-events.js';
import { Doors } from './doors.js';
import { Evictor } from './evictor.js';
import { Handshakes } from './handshakes.js';
import { MissedChanges } from './missed-changes.service.js';
import { Presence } from './presence.js';
import { ProcessBus } from './process-bus.js';
import { PushMemory } from './push-memory.js';
import { RawWsGateway } from './raw-ws.gateway.js';
import { Relay } from './relay.js';
import { Retelling } from './retelling.js';
import { ShopRooms } from './shop-rooms.service.js';
import { SocketAuth } from './socket-auth.js';
import { SocketIoGateway } from './socketio.gateway.js';
import { Sweeper } from './sweeper.js';
import { Typing } from './typing.service.js';

@Module({
  imports: [AuthModule, ShopsModule, ConversationsModule, NotificationsModule, SyncModule],
  providers: [
    Doors,
    ProcessBus,
    PushMemory,
    Relay,
    Broadcaster,
    Evictor,
    Presence,
    ChatCustomers,
    Sweeper,
    MissedChanges,
    Retelling,
    CatchUp,
    ShopRooms,
    Arrivals,
    Typing,
    ClientEvents,
    SocketAuth,
    Handshakes,
    SocketIoGateway,
    RawWsGateway,
  ],
})
export class RealtimeModule {}
