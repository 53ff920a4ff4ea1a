import { Injectable } from '@nestjs/common';
import { CSV_HEADER, csvLine } from './product-csv.js';
import { ProductsService } from './products.service.js';

const BATCH_ROWS = 500;

/** Writes the catalogue as a file. */
@Injectable()
export class ProductExportService {
  constructor(private readonly products: ProductsService) {}

  async *lines(shopId: string): AsyncGenerator<string> {
    let header = CSV_HEADER;
    for await (const batch of this.products.inBatches(shopId, BATCH_ROWS)) {
      yield header + batch.map(csvLine).join('');
      header = '';
    }
  }
}
