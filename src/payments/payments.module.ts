import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../platform/config/app-config.js';
import { CustomersModule } from '../customers/customers.module.js';
import { MediaModule } from '../media/media.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { PaymentChecksService } from './payment-checks.service.js';
import { PaymentCustomersService } from './payment-customers.service.js';
import { PaymentEvent, PaymentEventSchema } from './payment-event.schema.js';
import { PaymentIntentsController } from './payment-intents.controller.js';
import { PaymentJobsService } from './payment-jobs.service.js';
import { PaymentLogService } from './payment-log.service.js';
import { PaymentSettlementService } from './payment-settlement.service.js';
import { PaymentShopsService } from './payment-shops.service.js';
import { PaymentTransitionsService } from './payment-transitions.service.js';
import { PaymentWebhooksController } from './payment-webhooks.controller.js';
import { Payment, PaymentSchema } from './payment.schema.js';
import { PaymentsController } from './payments.controller.js';
import { PaymentsService } from './payments.service.js';
import { ProviderCallsService } from './provider-calls.service.js';
import { PaymentProvidersService } from './providers/payment-providers.service.js';
import { PaypalProvider } from './providers/paypal.provider.js';
import { SandboxPayment, SandboxPaymentSchema } from './providers/sandbox-payment.schema.js';
import { SandboxProvider } from './providers/sandbox.provider.js';
import { StripeProvider } from './providers/stripe.provider.js';
import { RefundsService } from './refunds.service.js';
import { TransferProof, TransferProofSchema } from './transfer-proof.schema.js';
import { TransferProofsService } from './transfer-proofs.service.js';
import { TransfersController } from './transfers.controller.js';
import { TransfersService } from './transfers.service.js';
import { WebhookEvent, WebhookEventSchema } from './webhook-event.schema.js';
import { WebhookInboxService } from './webhook-inbox.service.js';
import { WebhookQueueService } from './webhook-queue.service.js';
import { WebhookProcessorService } from './webhook-processor.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: Payment.name, schema: PaymentSchema },
      { name: PaymentEvent.name, schema: PaymentEventSchema },
      { name: WebhookEvent.name, schema: WebhookEventSchema },
      { name: TransferProof.name, schema: TransferProofSchema },
      { name: SandboxPayment.name, schema: SandboxPaymentSchema },
    ]),
    ShopsModule,
    CustomersModule,
    MediaModule,
    OrdersModule,
  ],
  controllers: [
    PaymentsController,
    PaymentIntentsController,
    TransfersController,
    PaymentWebhooksController,
  ],
  providers: [
    { provide: StripeProvider, inject: [AppConfig], useFactory: StripeProvider.for },
    PaypalProvider,
    SandboxProvider,
    PaymentProvidersService,
    ProviderCallsService,
    PaymentLogService,
    PaymentSettlementService,
    PaymentTransitionsService,
    PaymentsService,
    RefundsService,
    TransferProofsService,
    TransfersService,
    PaymentShopsService,
    WebhookInboxService,
    WebhookProcessorService,
    WebhookQueueService,
    PaymentChecksService,
    PaymentJobsService,
    PaymentCustomersService,
  ],
  exports: [PaymentsService, TransfersService],
})
export class PaymentsModule {}
