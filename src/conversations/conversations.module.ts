import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { CustomersModule } from '../customers/customers.module.js';
import { MediaLinks } from '../media/media-links.service.js';
import { MediaModule } from '../media/media.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { Conversation, ConversationSchema } from './conversation.schema.js';
import { ConversationCustomersService } from './conversation-customers.service.js';
import { ConversationUpdatesService } from './conversation-updates.service.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { MessageFilesService } from './message-files.service.js';
import { Message, MessageSchema } from './message.schema.js';
import { MessageNumbersService } from './message-numbers.service.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';
import { signsAttachments } from './signs-attachments.plugin.js';

@Module({
  imports: [
    ShopsModule,
    CustomersModule,
    MediaModule,
    MongooseModule.forFeature([{ name: Conversation.name, schema: ConversationSchema }]),
    MongooseModule.forFeatureAsync([
      {
        name: Message.name,
        imports: [MediaModule],
        inject: [MediaLinks],
        useFactory: (links: MediaLinks) => signsAttachments(MessageSchema.clone(), links),
      },
    ]),
  ],
  controllers: [ConversationsController, MessagesController],
  providers: [
    ConversationCustomersService,
    ConversationsService,
    ConversationUpdatesService,
    MessageFilesService,
    MessageNumbersService,
    MessagesService,
  ],
  exports: [ConversationsService, MessagesService],
})
export class ConversationsModule {}
