import { Module, type OnModuleInit } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ShopsModule } from '../shops/shops.module.js';
import { MigrationsService } from '../platform/database/migrations.service.js';
import { productWords } from './product-words.migration.js';
import { CatalogueService } from './catalogue.service.js';
import { Product, ProductSchema } from './product.schema.js';
import { ProductChangesService } from './product-changes.service.js';
import { ProductExportService } from './product-export.service.js';
import { ProductFilesController } from './product-files.controller.js';
import { ProductImportService } from './product-import.service.js';
import { ProductsController } from './products.controller.js';
import { ProductsService } from './products.service.js';
import { StockMovement, StockMovementSchema } from './stock-movement.schema.js';
import { StockMovementsController } from './stock-movements.controller.js';
import { StockService } from './stock.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: Product.name, schema: ProductSchema },
      { name: StockMovement.name, schema: StockMovementSchema },
    ]),
    ShopsModule,
  ],
  // The files first: their paths would be ids of products.
  controllers: [ProductFilesController, ProductsController, StockMovementsController],
  providers: [
    ProductsService,
    ProductChangesService,
    ProductImportService,
    ProductExportService,
    CatalogueService,
    StockService,
  ],
  exports: [ProductsService, CatalogueService, StockService],
})
export class ProductsModule implements OnModuleInit {
  constructor(private readonly migrations: MigrationsService) {}

  onModuleInit(): void {
    this.migrations.add(productWords);
  }
}
