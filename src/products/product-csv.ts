import { oneLine } from '../platform/http/one-line.decorator.js';
import { toDecimal } from '../platform/money/money.js';
import { type NumberStyle, readAmount, readCount, type ReadNumber } from './csv-number.js';
import type { Product } from './product.schema.js';

/** The columns of a file of products, in the order in which they are exported. */
export const CSV_COLUMNS = [
  'id',
  'sku',
  'name',
  'itemType',
  'category',
  'description',
  'facebookSubtitle',
  'retailPrice',
  'originalPrice',
  'promoPrice',
  'promoStartDate',
  'promoEndDate',
  'currency',
  'stock',
  'warranty',
  'duration',
  'location',
  'imageUrl',
  'formId',
  'buttons',
] as const;
export type CsvColumn = (typeof CSV_COLUMNS)[number];

const AMOUNTS: readonly CsvColumn[] = ['retailPrice', 'originalPrice', 'promoPrice'];
/** Texts that may have several lines; where another has, a quote stands wrong. */
export const SEVERAL_LINES: readonly CsvColumn[] = [
  'category',
  'description',
  'facebookSubtitle',
  'warranty',
  'duration',
  'location',
  'buttons',
];
/** Of these an empty cell says nothing, since no product is without them. */
const NEVER_EMPTY: readonly CsvColumn[] = ['name', 'itemType', 'retailPrice'];
/** What a spreadsheet takes for a formula, and what already begins as `guard` makes it begin. */
const GUARDED = /^(?:'|\s*[=+\-@＝＋－＠]|[\t\r\n])/;
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;

/** Spreadsheets need it to know UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';
export const CSV_HEADER = `${BYTE_ORDER_MARK}${CSV_COLUMNS.join(',')}\r\n`;

/** A product as a line of a file: read again, it makes the same product. */
export function csvLine(product: Product): string {
  return `${CSV_COLUMNS.map((column) => quote(cellOf(product, column))).join(',')}\r\n`;
}

/** What a row says of a product. */
interface RowFields {
  /** As in JSON; a cell that cannot be read stays its text, for the check of the fields to refuse. */
  fields: Record<string, unknown>;
  /** What the fields do not show. */
  problems: string[];
}

export function fieldsOf(cells: Map<CsvColumn, string>, style: NumberStyle): RowFields {
  const fields: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [column, cell] of cells) {
    const isEmpty = cell.trim() === '';
    if (isEmpty && NEVER_EMPTY.includes(column)) continue;
    const number = numberOf(column, cell, style);
    if (number !== undefined && isEmpty) fields[column] = null;
    else if (typeof number === 'object') problems.push(`${column} ${number.problem}`);
    else if (number !== undefined) fields[column] = number;
    else if (column === 'buttons') fields[column] = isEmpty ? [] : readJson(cell);
    else if (column === 'itemType') fields[column] = cell.trim().toLowerCase();
    else fields[column] = cell;
  }
  return { fields, problems };
}

/**
 * Takes the apostrophe away that `guard` has put before a text; those of people stay. So texts come
 * back as they were, and none of them is a formula where the file is opened in between.
 */
export function unguard(cell: string): string {
  return cell.startsWith("'") && GUARDED.test(cell.slice(1)) ? cell.slice(1) : cell;
}

function guard(text: string): string {
  return GUARDED.test(text) ? `'${text}` : text;
}

function cellOf(product: Product, column: CsvColumn): string {
  if (column === 'id') return product._id.toHexString();
  const value = product[column];
  if (value === null) return '';
  // Names and SKUs may have been kept with several lines, which no file may have.
  if (typeof value === 'string') {
    return guard(SEVERAL_LINES.includes(column) ? value : oneLine(value));
  }
  if (typeof value === 'object') return value.length > 0 ? JSON.stringify(value) : '';
  return String(AMOUNTS.includes(column) ? toDecimal(value, product.currency) : value);
}

function quote(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Undefined for a column of no numbers. */
function numberOf(column: CsvColumn, cell: string, style: NumberStyle): ReadNumber | undefined {
  if (column === 'stock') return readCount(cell);
  return AMOUNTS.includes(column) ? readAmount(cell, style) : undefined;
}

function readJson(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
