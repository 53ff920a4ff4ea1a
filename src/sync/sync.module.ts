import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { SyncController } from './sync.controller.js';
import { SyncService } from './sync.service.js';
import { UntoldRange, UntoldRangeSchema } from './untold-range.schema.js';
import { UntoldRanges } from './untold-ranges.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([{ name: UntoldRange.name, schema: UntoldRangeSchema }]),
    ShopsModule,
    ConversationsModule,
    OrdersModule,
    NotificationsModule,
  ],
  controllers: [SyncController],
  providers: [SyncService, UntoldRanges],
  exports: [SyncService, UntoldRanges],
})
export class SyncModule {}
