import type { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiAnswer, ApiCsvAnswer, ApiCsvBody } from '../platform/http/api-docs.decorators.js';
import { AcceptsCsv, answerCsv, CsvBody } from '../platform/http/csv-body.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { ImportReportResponse } from './dto/import-report.response.js';
import { CSV_COLUMNS } from './product-csv.js';
import { MAX_ROWS } from './product-csv-reader.js';
import { ProductExportService } from './product-export.service.js';
import { ProductImportService } from './product-import.service.js';

const EXAMPLE = 'sku,name,retailPrice,stock\r\nBEANS-1KG,"Coffee beans, 1 kg",19.99,10\r\n';

const FILE_NOTE = `UTF-8, with commas, semicolons or tabs, in quotes where needed. The first line
names the columns, in any order and case; other columns are left out: \`${CSV_COLUMNS.join('`, `')}\`.
\`buttons\` is JSON; where the file has semicolons or tabs, amounts may have a decimal comma. What may
mean thousands, such as \`1,000\` or \`1.000\`, is refused. \`id\`, \`sku\` and \`name\` have one line.

An apostrophe before a text that a spreadsheet would take for a formula (\`'=1+1\`) is taken away when
the file is imported, and put there when it is exported, as before a text that begins with one.`;

const IMPORT_NOTE = `${FILE_NOTE}

A row changes the product with its \`id\`, else with its \`sku\`; else it adds one. A row without
either is known again by its \`name\`, so that the same file twice adds nothing twice. Columns that are
missing stay as they are; an empty cell empties its field, but for \`name\`, \`itemType\` and
\`retailPrice\`; an empty \`stock\` is not counted. A \`currency\` must be the shop's.

Every good row is kept, and the answer tells of the others; after one with wrong quotes reading goes
on at the next line. At most 5 MB (else 413) and ${MAX_ROWS}
rows: those beyond are left out and told of. An import that breaks off can be sent again as it is.`;

@ApiTags('products')
@Controller('api/shops/:shopId/products')
export class ProductFilesController {
  constructor(
    private readonly imports: ProductImportService,
    private readonly exports: ProductExportService,
  ) {}

  @Post('import')
  @HttpCode(200)
  @RequirePermission('products:write')
  @AcceptsCsv()
  @ApiCsvBody(EXAMPLE)
  @ApiAnswer(ImportReportResponse, {
    summary: 'Bring a CSV file into the catalogue',
    description: IMPORT_NOTE,
    errors: ['bad_request'],
  })
  async import(
    @ShopId() shopId: string,
    @MemberId() memberId: string,
    @CsvBody() file: Readable,
  ): Promise<ImportReportResponse> {
    return ImportReportResponse.from(await this.imports.import(shopId, memberId, file));
  }

  @Get('export.csv')
  @RequirePermission('products:read')
  @ApiCsvAnswer({
    summary: 'The whole catalogue as a CSV file, oldest first',
    description: `Imported again, it makes the same catalogue; above ${MAX_ROWS} rows or 5 MB in
parts. ${FILE_NOTE}`,
  })
  async export(@ShopId() shopId: string, @Res() response: Response): Promise<void> {
    await answerCsv(response, 'products.csv', this.exports.lines(shopId));
  }
}
