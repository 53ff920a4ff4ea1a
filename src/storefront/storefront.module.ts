import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { FormsModule } from '../forms/forms.module.js';
import { MediaModule } from '../media/media.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { ProductsModule } from '../products/products.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { StorefrontChatService } from './storefront-chat.service.js';
import { StorefrontConversationsController } from './storefront-conversations.controller.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { PublicCatalogueService } from './public-catalogue.service.js';
import { StorefrontMediaController } from './storefront-media.controller.js';
import { StorefrontOrdersController } from './storefront-orders.controller.js';
import { StorefrontOrdersService } from './storefront-orders.service.js';
import { StorefrontPaymentsController } from './storefront-payments.controller.js';
import { StorefrontPaymentsService } from './storefront-payments.service.js';
import { StorefrontController } from './storefront.controller.js';
import { StorefrontService } from './storefront.service.js';

/** The whole public surface of a shop; composes the domains and owns no data. */
@Module({
  imports: [
    AuthModule,
    ShopsModule,
    MediaModule,
    ProductsModule,
    FormsModule,
    OrdersModule,
    ConversationsModule,
    PaymentsModule,
  ],
  controllers: [
    StorefrontController,
    StorefrontOrdersController,
    StorefrontPaymentsController,
    StorefrontConversationsController,
    StorefrontMediaController,
  ],
  providers: [
    StorefrontService,
    PublicCatalogueService,
    PaymentMethodsService,
    StorefrontOrdersService,
    StorefrontPaymentsService,
    StorefrontChatService,
  ],
})
export class StorefrontModule {}
