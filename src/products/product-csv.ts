import { toDecimal } from '../platform/money/money.js';
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
const NUMBERS: readonly CsvColumn[] = [...AMOUNTS, 'stock'];
/** Of these an empty cell says nothing, since no product is without them. */
const NEVER_EMPTY: readonly CsvColumn[] = ['name', 'itemType', 'retailPrice'];
/** What a spreadsheet takes for a formula, and what already begins as `guard` makes it begin. */
const GUARDED = /^(?:'|\s*[=+\-@＝＋－＠]|[\t\r\n])/;
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;
const POINT_NUMBER = /^-?\d+(?:\.\d+)?$/;
const COMMA_NUMBER = /^-?\d+(?:,\d+)?$/;

/** Spreadsheets need it to know UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';
export const CSV_HEADER = `${BYTE_ORDER_MARK}${CSV_COLUMNS.join(',')}\r\n`;

/** A product as a line of a file: read again, it makes the same product. */
export function csvLine(product: Product): string {
  return `${CSV_COLUMNS.map((column) => quote(cellOf(product, column))).join(',')}\r\n`;
}

/**
 * What the cells of a row say, as the fields of a product in JSON; a cell that cannot be read stays
 * its text, for the check of the fields to refuse.
 * @param delimiter of the file: where it is not a comma, that may stand in a number
 */
export function fieldsOf(
  cells: Map<CsvColumn, string>,
  delimiter: string,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [column, cell] of cells) {
    const isEmpty = cell.trim() === '';
    if (isEmpty && NEVER_EMPTY.includes(column)) continue;
    if (NUMBERS.includes(column)) fields[column] = isEmpty ? null : readNumber(cell, delimiter);
    else if (column === 'buttons') fields[column] = isEmpty ? [] : readJson(cell);
    else if (column === 'itemType') fields[column] = cell.trim().toLowerCase();
    else fields[column] = cell;
  }
  return fields;
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
  if (typeof value === 'string') return guard(value);
  if (typeof value === 'object') return value.length > 0 ? JSON.stringify(value) : '';
  return String(AMOUNTS.includes(column) ? toDecimal(value, product.currency) : value);
}

function quote(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function readNumber(cell: string, delimiter: string): number | string {
  const text = cell.trim();
  if (POINT_NUMBER.test(text)) return Number(text);
  if (delimiter !== ',' && COMMA_NUMBER.test(text)) return Number(text.replace(',', '.'));
  return cell;
}

function readJson(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
