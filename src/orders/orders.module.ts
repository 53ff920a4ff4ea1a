import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { CustomersModule } from '../customers/customers.module.js';
import { FormsModule } from '../forms/forms.module.js';
import { ProductsModule } from '../products/products.module.js';
import { ShopsModule } from '../shops/shops.module.js';
import { HeldStockService } from './held-stock.service.js';
import { OrderCustomersService } from './order-customers.service.js';
import { OrderMovesService } from './order-moves.service.js';
import { OrderPaymentsService } from './order-payments.service.js';
import { OrderPlacementService } from './order-placement.service.js';
import { OrderRevivalService } from './order-revival.service.js';
import { OrderStatusService } from './order-status.service.js';
import { Order, OrderSchema } from './order.schema.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { SalesReportController } from './sales-report.controller.js';
import { SalesReportService } from './sales-report.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([{ name: Order.name, schema: OrderSchema }]),
    ShopsModule,
    CustomersModule,
    ProductsModule,
    FormsModule,
  ],
  controllers: [OrdersController, SalesReportController],
  providers: [
    OrdersService,
    OrderPlacementService,
    OrderMovesService,
    OrderStatusService,
    OrderPaymentsService,
    OrderRevivalService,
    HeldStockService,
    OrderCustomersService,
    SalesReportService,
  ],
  exports: [OrdersService, OrderPlacementService, OrderPaymentsService],
})
export class OrdersModule {}
