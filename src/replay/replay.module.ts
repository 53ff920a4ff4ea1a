import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { ReplayMark, ReplayMarkSchema } from './replay-mark.schema.js';
import { ReplayRound, ReplayRoundSchema } from './replay-round.schema.js';
import { ReplayService } from './replay.service.js';
import { ShopReplayService } from './shop-replay.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: ReplayMark.name, schema: ReplayMarkSchema },
      { name: ReplayRound.name, schema: ReplayRoundSchema },
    ]),
    ShopsModule,
    OrdersModule,
    ConversationsModule,
  ],
  providers: [ReplayService, ShopReplayService],
})
export class ReplayModule {}
