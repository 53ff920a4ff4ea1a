import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { CustomersModule } from '../customers/customers.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { Conversation, ConversationSchema } from './conversation.schema.js';
import { ConversationCustomersService } from './conversation-customers.service.js';
import { ConversationUpdatesService } from './conversation-updates.service.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { Message, MessageSchema } from './message.schema.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';

@Module({
  imports: [
    ShopsModule,
    CustomersModule,
    MongooseModule.forFeature([
      { name: Conversation.name, schema: ConversationSchema },
      { name: Message.name, schema: MessageSchema },
    ]),
  ],
  controllers: [ConversationsController, MessagesController],
  providers: [
    ConversationCustomersService,
    ConversationsService,
    ConversationUpdatesService,
    MessagesService,
  ],
  exports: [ConversationsService, MessagesService],
})
export class ConversationsModule {}
