import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AuthGuard } from './auth/auth.guard.js';
import { AuthModule } from './auth/auth.module.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { CustomersModule } from './customers/customers.module.js';
import { EventsModule } from './events/events.module.js';
import { FormsModule } from './forms/forms.module.js';
import { HealthModule } from './health/health.module.js';
import { MediaModule } from './media/media.module.js';
import { IntegrationsModule } from './integrations/integrations.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { AppConfig } from './platform/config/app-config.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { EnvelopeInterceptor } from './platform/http/envelope.interceptor.js';
import { ExceptionToEnvelopeFilter } from './platform/http/exception.filter.js';
import { JsonBodyInterceptor } from './platform/http/json-body.js';
import { RequestValidationPipe } from './platform/http/validation.pipe.js';
import { IdempotencyModule } from './platform/idempotency/idempotency.module.js';
import { FilesModule } from './platform/files/files.module.js';
import { JobsModule } from './platform/jobs/jobs.module.js';
import { MailModule } from './platform/mail/mail.module.js';
import { RedisModule } from './platform/redis/redis.module.js';
import { CallerRateLimitGuard } from './platform/security/caller-rate-limit.guard.js';
import { RateLimitGuard } from './platform/security/rate-limit.guard.js';
import { SecurityModule } from './platform/security/security.module.js';
import { TelemetryModule } from './platform/telemetry/telemetry.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { ProductsModule } from './products/products.module.js';
import { ReplayModule } from './replay/replay.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { ShopAccessGuard } from './shops/shop-access.guard.js';
import { TeamAheadGuard } from './shops/team-ahead.guard.js';
import { ShopsModule } from './shops/shops.module.js';
import { StorefrontModule } from './storefront/storefront.module.js';
import { SyncModule } from './sync/sync.module.js';
import { UsersModule } from './users/users.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

const PLATFORM = [
  TelemetryModule,
  DatabaseModule,
  RedisModule,
  EventsModule,
  MailModule,
  IdempotencyModule,
  JobsModule,
  FilesModule,
  SecurityModule,
];

/** Lowest layer first. */
const DOMAINS = [
  UsersModule,
  AuthModule,
  ShopsModule,
  MediaModule,
  CustomersModule,
  IntegrationsModule,
  ProductsModule,
  FormsModule,
  OrdersModule,
  ConversationsModule,
  PaymentsModule,
  NotificationsModule,
  WebhooksModule,
  ReplayModule,
  StorefrontModule,
  SyncModule,
  RealtimeModule,
  HealthModule,
];

@Module({
  imports: [...PLATFORM, ...DOMAINS],
  providers: [
    // In this order: how often from there, (the team is asked for,) who, how often by them, in which shop.
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: TeamAheadGuard },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: CallerRateLimitGuard },
    { provide: APP_GUARD, useClass: ShopAccessGuard },
    { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
    { provide: APP_INTERCEPTOR, useClass: JsonBodyInterceptor },
    { provide: APP_PIPE, useClass: RequestValidationPipe },
    { provide: APP_FILTER, useClass: ExceptionToEnvelopeFilter },
  ],
})
export class AppModule {
  static with(config: AppConfig): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.for(config)] };
  }
}
