import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ShopsModule } from '../shops/shops.module.js';
import { CustomerEditsService } from './customer-edits.service.js';
import { CustomerFollowUpsService } from './customer-follow-ups.service.js';
import { CustomerHistoriesService } from './customer-histories.service.js';
import { CustomerMergesService } from './customer-merges.service.js';
import { CustomerPrivacyController } from './customer-privacy.controller.js';
import { CustomerPrivacyService } from './customer-privacy.service.js';
import { CustomerRecordsService } from './customer-records.service.js';
import { Customer, CustomerSchema } from './customer.schema.js';
import { CustomersController } from './customers.controller.js';
import { CustomersService } from './customers.service.js';

@Module({
  imports: [
    ShopsModule,
    MongooseModule.forFeature([{ name: Customer.name, schema: CustomerSchema }]),
  ],
  controllers: [CustomersController, CustomerPrivacyController],
  providers: [
    CustomersService,
    CustomerRecordsService,
    CustomerEditsService,
    CustomerHistoriesService,
    CustomerMergesService,
    CustomerPrivacyService,
    CustomerFollowUpsService,
  ],
  exports: [CustomersService, CustomerRecordsService],
})
export class CustomersModule {}
