import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ShopsModule } from '../shops/shops.module.js';
import { Conversation, ConversationSchema } from './conversation.schema.js';
import { ConversationUpdatesService } from './conversation-updates.service.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { Message, MessageSchema } from './message.schema.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';

@Module({
  imports: [
    ShopsModule,
    MongooseModule.forFeature([
      { name: Conversation.name, schema: ConversationSchema },
      { name: Message.name, schema: MessageSchema },
    ]),
  ],
  controllers: [ConversationsController, MessagesController],
  providers: [ConversationsService, ConversationUpdatesService, MessagesService],
  exports: [ConversationsService, MessagesService],
})
export class ConversationsModule {}
