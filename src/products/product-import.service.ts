import type { Readable } from 'node:stream';
import { Injectable, type Type } from '@nestjs/common';
import pLimit from 'p-limit';
import { AppError } from '../platform/http/app-error.js';
import { isObjectIdHex } from '../platform/http/object-id.pipe.js';
import { RequestValidationPipe } from '../platform/http/validation.pipe.js';
import { currencyDigits } from '../platform/money/currencies.js';
import { ShopsService } from '../shops/shops.service.js';
import { CreateProductDto } from './dto/create-product.dto.js';
import { UpdateProductDto } from './dto/update-product.dto.js';
import { ImportReport } from './import-report.js';
import type { ChangeCause, NewProduct } from './product-change.js';
import { ProductChangesService } from './product-changes.service.js';
import type { CsvColumn } from './product-csv.js';
import { type ProductRow, readProductRows } from './product-csv-reader.js';
import type { Product } from './product.schema.js';
import { type KnownProducts, ProductsService } from './products.service.js';

const BATCH_ROWS = 200;
const PARALLEL_WRITES = 20;

/** A row by what its product is known by; the first of these that is not empty counts. */
interface ImportRow extends ProductRow {
  id: string;
  sku: string;
  /** Of a row whose product has no SKU to be known again by. */
  importKey: string | undefined;
}

interface Import {
  cause: ChangeCause;
  report: ImportReport;
  /** Which row has named a product first. */
  seen: Map<string, number>;
}

/** Brings files of products into the catalogue; the same file again changes nothing more. */
@Injectable()
export class ProductImportService {
  private readonly validation = new RequestValidationPipe();

  constructor(
    private readonly products: ProductsService,
    private readonly changes: ProductChangesService,
    private readonly shops: ShopsService,
  ) {}

  /** Every good row is kept, whatever is wrong with the others. */
  async import(shopId: string, by: string, file: Readable): Promise<ImportReport> {
    const cause = { shop: await this.shops.get(shopId), by, reason: 'import' as const };
    const running: Import = { cause, report: new ImportReport(), seen: new Map() };
    let batch: ImportRow[] = [];
    for await (const read of readProductRows(file, currencyDigits(cause.shop.currency))) {
      const row = asImportRow(read);
      const error = row.error ?? whyNot(row, running);
      if (error) running.report.fail(row.row, row.sku, error);
      else batch.push(row);
      if (batch.length < BATCH_ROWS) continue;
      await this.importBatch(batch, running);
      batch = [];
    }
    await this.importBatch(batch, running);
    return running.report;
  }

  private async importBatch(rows: ImportRow[], running: Import): Promise<void> {
    if (rows.length === 0) return;
    const known = await this.mapKnown(rows, running);
    const updates: [ImportRow, Product][] = [];
    const created = new Map<ImportRow, NewProduct>();
    for (const row of rows) {
      const product = find(row, known);
      if (product) updates.push([row, product]);
      const made = product ? null : await this.orFail(row, running, () => this.make(row, running));
      if (made) created.set(row, made);
    }
    await this.update(updates, running);
    await this.create(created, running);
  }

  private async update(rows: [ImportRow, Product][], running: Import): Promise<void> {
    const inTurn = pLimit(PARALLEL_WRITES);
    const changed = await Promise.all(
      rows.map(([row, product]) =>
        inTurn(() => this.orFail(row, running, () => this.change(row, product, running))),
      ),
    );
    await this.changes.moveStockChanges(changed.filter((product) => product !== null));
  }

  private async change(row: ImportRow, known: Product, { cause, report }: Import) {
    const dto = await this.validate(row, UpdateProductDto);
    const id = known._id.toHexString();
    const { product, isChanged } = await this.changes.change(id, dto, cause, known);
    report.count(isChanged ? 'updated' : 'unchanged');
    return product;
  }

  private async create(made: Map<ImportRow, NewProduct>, running: Import): Promise<void> {
    if (made.size === 0) return;
    const added = await this.changes.createMissing([...made.values()], running.cause.shop);
    const present: ImportRow[] = [];
    for (const [row, { _id }] of made) {
      if (added.has(_id.toHexString())) running.report.count('created');
      else present.push(row);
    }
    if (present.length > 0) await this.updateAdded(present, running);
  }

  /** Somebody else has added these products in between. */
  private async updateAdded(rows: ImportRow[], running: Import): Promise<void> {
    const known = await this.mapKnown(rows, running);
    const updates: [ImportRow, Product][] = [];
    for (const row of rows) {
      const product = find(row, known);
      if (product) updates.push([row, product]);
      else running.report.fail(row.row, row.sku, 'others change this product now: try again');
    }
    await this.update(updates, running);
  }

  private async make(row: ImportRow, { cause }: Import): Promise<NewProduct> {
    return this.changes.prepare(await this.validate(row, CreateProductDto), cause, row.importKey);
  }

  private async validate<Dto>({ fields }: ImportRow, metatype: Type<Dto>): Promise<Dto> {
    return (await this.validation.transform(fields, { type: 'body', metatype })) as Dto;
  }

  /** Null when the row is one of those that failed. */
  private async orFail<T>(
    row: ImportRow,
    { report }: Import,
    work: () => Promise<T>,
  ): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError) || error.getStatus() >= 500) throw error;
      const sentences = error.details?.map(({ message }) => message) ?? [error.message];
      report.fail(row.row, row.sku, sentences.join('; '));
      return null;
    }
  }

  private async mapKnown(rows: ImportRow[], { cause }: Import): Promise<KnownProducts> {
    return this.products.mapKnown(cause.shop._id.toHexString(), {
      ids: rows.flatMap(({ id }) => id || []),
      skus: rows.flatMap(({ sku }) => sku || []),
      importKeys: rows.flatMap(({ importKey }) => importKey ?? []),
    });
  }
}

function textOf({ fields }: ProductRow, field: CsvColumn): string {
  const value = fields[field];
  return typeof value === 'string' ? value.trim() : '';
}

function asImportRow(read: ProductRow): ImportRow {
  const id = textOf(read, 'id').toLowerCase();
  const sku = textOf(read, 'sku');
  const name = textOf(read, 'name');
  const key = id ? `id:${id}` : name && `name:${name}`;
  return { ...read, id, sku, importKey: sku || !key ? undefined : key };
}

/** What is wrong with a row beside its fields, and with it beside other rows. */
function whyNot(row: ImportRow, running: Import): string | undefined {
  const { id, sku, importKey } = row;
  const { currency } = running.cause.shop;
  const given = textOf(row, 'currency');
  if (id && !isObjectIdHex(id)) return 'id must be one of an export, or empty';
  if (given && given !== currency) return `currency must be ${currency}, that of the shop`;
  if (!sku && !importKey) return 'give a sku or a name';
  for (const key of [id && `id:${id}`, sku && `sku:${sku}`, importKey]) {
    if (!key) continue;
    const first = running.seen.get(key) ?? row.row;
    running.seen.set(key, first);
    if (first !== row.row) return `is about the same product as row ${first}`;
  }
  return undefined;
}

function find({ id, sku, importKey }: ImportRow, known: KnownProducts): Product | undefined {
  return (
    known.byId.get(id) ??
    known.bySku.get(sku) ??
    (importKey === undefined ? undefined : known.byImportKey.get(importKey))
  );
}
