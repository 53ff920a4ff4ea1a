import type { Readable } from 'node:stream';
import { AppError } from '../platform/http/app-error.js';
import type { NumberStyle } from './csv-number.js';
import { type CsvRecord, readCsvRecords } from './csv-records.js';
import { CSV_COLUMNS, type CsvColumn, fieldsOf, SEVERAL_LINES, unguard } from './product-csv.js';

export const MAX_ROWS = 10_000;
const MAX_HEAD_BYTES = 64_000;
const DELIMITERS = [',', ';', '\t'];
/** As spreadsheets write UTF-16. */
const WIDE_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** One row that was read: what it says, or why it says nothing. */
export interface ProductRow {
  /** As a spreadsheet counts: the names of the columns are row 1. */
  row: number;
  fields: Record<string, unknown>;
  error?: string;
}

type Columns = (CsvColumn | undefined)[];

/**
 * The rows of a file of products, one after the other as it comes. A row that cannot be read is
 * told of and left out; empty ones are not told of.
 * @param digits of amounts after the point, in the shop's currency
 * @throws AppError `validation_failed` when the first line does not name columns
 */
export async function* readProductRows(file: Readable, digits: number): AsyncGenerator<ProductRow> {
  const { head, rest } = await readHead(file);
  const delimiter = delimiterOf(head);
  let columns: Columns | undefined;
  const whyNotSeveralLines = (cells: Buffer[]) => columns && whyNotLines(cells, columns);
  let rows = 0;
  for await (const record of readCsvRecords(joined(head, rest), {
    delimiter,
    whyNotSeveralLines,
  })) {
    if (!columns) columns = columnsOf(record.broken ? null : decode(record.cells));
    else if (isBlank(record)) continue;
    else if (++rows > MAX_ROWS) return yield tooMany(record.row);
    else yield readRow(record, columns, { delimiter, digits });
  }
  if (!columns) columnsOf(null);
}

/** Why this is no row of several lines: a quote stands wrong, and has taken other rows in. */
function whyNotLines(cells: Buffer[], columns: Columns): string | undefined {
  const tooLong = columns.find((column, index) => {
    return column && !SEVERAL_LINES.includes(column) && /[\r\n]/.test(String(cells[index] ?? ''));
  });
  if (tooLong) return `has several lines in ${tooLong}: close its quotes, or write it on one line`;
  return cells.length === columns.length ? undefined : countProblem(cells, columns);
}

/** Reads until the first line is whole. */
async function readHead(file: Readable) {
  const rest = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const chunks: Buffer[] = [];
  for (let size = 0; size < MAX_HEAD_BYTES;) {
    const { value, done } = await rest.next();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (/[\r\n]/.test(value.toString('latin1'))) break;
  }
  const head = Buffer.concat(chunks);
  if (WIDE_MARKS.some((mark) => head.subarray(0, mark.length).equals(mark))) {
    throw wrongFile('the file is UTF-16: save it as CSV UTF-8');
  }
  const isMarked = head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return { head: isMarked ? head.subarray(BYTE_ORDER_MARK.length) : head, rest };
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** The one that the first line has most of. */
function delimiterOf(head: Buffer): string {
  const [line = ''] = head.toString('latin1').split(/[\r\n]/, 1);
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** Null for what is not UTF-8. */
function decode(record: Buffer[]): string[] | null {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return record.map((cell) => decoder.decode(cell));
  } catch {
    return null;
  }
}

/** Which column stands where; names of no column are left out. */
function columnsOf(cells: string[] | null): Columns {
  const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');
  const columns = (cells ?? []).map((cell) => {
    return CSV_COLUMNS.find((column) => plain(column) === plain(cell));
  });
  const named = columns.filter((column) => column !== undefined);
  if (new Set(named).size < named.length) throw wrongFile('a column is named twice');
  if (!named.some((column) => ['id', 'sku', 'name'].includes(column))) {
    throw wrongFile('the first line must name columns, among them sku, name or id');
  }
  return columns;
}

function isBlank({ cells, broken }: CsvRecord): boolean {
  return !broken && (decode(cells)?.every((cell) => cell.trim() === '') ?? false);
}

function readRow(
  { row, cells, broken }: CsvRecord,
  columns: Columns,
  style: NumberStyle,
): ProductRow {
  const texts = decode(cells);
  if (!texts) return { row, fields: {}, error: 'is not UTF-8: save the file as CSV UTF-8' };
  const known = new Map<CsvColumn, string>();
  for (const [index, column] of columns.entries()) {
    if (column) known.set(column, unguard(texts[index] ?? ''));
  }
  const { fields, problems } = fieldsOf(known, style);
  if (broken) return { row, fields, error: broken };
  if (cells.length !== columns.length) problems.unshift(countProblem(cells, columns));
  return { row, fields, ...(problems.length > 0 ? { error: problems.join('; ') } : {}) };
}

function countProblem(cells: Buffer[], columns: Columns): string {
  return `has ${cells.length} cells, where the first line names ${columns.length}`;
}

function tooMany(row: number): ProductRow {
  const error = `a file has at most ${MAX_ROWS} rows: this and all that follow were left out`;
  return { row, fields: {}, error };
}

function wrongFile(message: string): AppError {
  return AppError.validation([{ field: 'file', message }]);
}
