import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuthModule } from '../auth/auth.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { UsersModule } from '../users/users.module.js';
import { CustomerErasureService } from './customer-erasure.service.js';
import { FeedWriterService } from './feed-writer.service.js';
import {
  NotificationPreference,
  NotificationPreferenceSchema,
} from './notification-preference.schema.js';
import { Notification, NotificationSchema } from './notification.schema.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsListener } from './notifications.listener.js';
import { NotificationsService } from './notifications.service.js';
import { OpenConversations } from './open-conversations.js';
import { PreferencesController } from './preferences.controller.js';
import { PreferencesService } from './preferences.service.js';
import { PushClearingService } from './push-clearing.service.js';
import { PushDevice, PushDeviceSchema } from './push-device.schema.js';
import { PushDevicesController } from './push-devices.controller.js';
import { PushDevicesService } from './push-devices.service.js';
import { PushJobsService } from './push-jobs.service.js';
import { PushSender } from './push-sender.js';
import { TellingService } from './telling.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: Notification.name, schema: NotificationSchema },
      { name: NotificationPreference.name, schema: NotificationPreferenceSchema },
      { name: PushDevice.name, schema: PushDeviceSchema },
    ]),
    AuthModule,
    ShopsModule,
    UsersModule,
  ],
  controllers: [PushDevicesController, NotificationsController, PreferencesController],
  providers: [
    NotificationsService,
    NotificationsListener,
    TellingService,
    FeedWriterService,
    PreferencesService,
    PushDevicesService,
    PushSender,
    PushJobsService,
    PushClearingService,
    OpenConversations,
    CustomerErasureService,
  ],
  exports: [NotificationsService, OpenConversations],
})
export class NotificationsModule {}
