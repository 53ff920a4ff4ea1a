import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ShopsModule } from '../shops/shops.module.js';
import { ConnectionsService } from './connections.service.js';
import { DueIntegrationsService } from './due-integrations.service.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import { IntegrationUpkeepService } from './integration-upkeep.service.js';
import { Integration, IntegrationSchema } from './integration.schema.js';
import { IntegrationsController } from './integrations.controller.js';
import { IntegrationsService } from './integrations.service.js';
import { OAuthBrowser } from './oauth-browser.js';
import { OAuthHandle, OAuthHandleSchema } from './oauth-handle.schema.js';
import { OAuthState, OAuthStateSchema } from './oauth-state.schema.js';
import { OAuthStatesService } from './oauth-states.service.js';
import { OAuthController } from './oauth.controller.js';
import { OAuthService } from './oauth.service.js';
import { PlatformWebhooksController } from './platform-webhooks.controller.js';
import { PlatformWebhooksService } from './platform-webhooks.service.js';
import { FacebookPlatform } from './platforms/facebook.platform.js';
import { InstagramPlatform } from './platforms/instagram.platform.js';
import { PlatformsService } from './platforms/platforms.service.js';
import { TelegramPlatform } from './platforms/telegram.platform.js';
import { TiktokPlatform } from './platforms/tiktok.platform.js';
import { ViberPlatform } from './platforms/viber.platform.js';
import { ShopConnectionsService } from './shop-connections.service.js';
import { TokenPageService } from './token-page.service.js';
import { TokenRefreshJob } from './token-refresh.job.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: Integration.name, schema: IntegrationSchema },
      { name: OAuthState.name, schema: OAuthStateSchema },
      { name: OAuthHandle.name, schema: OAuthHandleSchema },
    ]),
    ShopsModule,
  ],
  controllers: [IntegrationsController, OAuthController, PlatformWebhooksController],
  providers: [
    FacebookPlatform,
    InstagramPlatform,
    TiktokPlatform,
    TelegramPlatform,
    ViberPlatform,
    PlatformsService,
    IntegrationTokensService,
    IntegrationsService,
    DueIntegrationsService,
    IntegrationUpkeepService,
    TokenRefreshJob,
    ConnectionsService,
    OAuthStatesService,
    OAuthService,
    OAuthBrowser,
    TokenPageService,
    PlatformWebhooksService,
    ShopConnectionsService,
  ],
})
export class IntegrationsModule {}
