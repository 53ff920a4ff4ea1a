import { pipeline, Readable } from 'node:stream';
import { type CsvError, type Info, type Options, parse } from 'csv-parse';
import { AppError } from '../platform/http/app-error.js';
import { CSV_COLUMNS, type CsvColumn, fieldsOf, unguard } from './product-csv.js';

export const MAX_ROWS = 10_000;
const MAX_ROW_BYTES = 1_000_000;
const MAX_HEAD_BYTES = 64_000;
const DELIMITERS = [',', ';', '\t'];
/** As spreadsheets write UTF-16. */
const WIDE_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const PARSING: Options = {
  // As bytes: what is not UTF-8 must be seen.
  encoding: null,
  info: true,
  max_record_size: MAX_ROW_BYTES,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  skip_records_with_error: true,
};

/** One row that was read: what it says, or why it says nothing. */
export interface ProductRow {
  /** As a spreadsheet counts: the names of the columns are row 1. */
  row: number;
  fields: Record<string, unknown>;
  error?: string;
}

interface CsvRecord {
  record: Buffer[];
  info: Info;
}

/**
 * The rows of a file of products, one after the other as it comes. A row that cannot be read is
 * told of and left out; empty ones are not told of.
 * @throws AppError `validation_failed` when the first line does not name columns
 */
export async function* readProductRows(file: Readable): AsyncGenerator<ProductRow> {
  const { head, rest } = await readHead(file);
  const delimiter = delimiterOf(head);
  const broken: CsvError[] = [];
  const records = pipeline(
    Readable.from(joined(head, rest)),
    parse({
      ...PARSING,
      delimiter,
      // An error that is thrown would take rows along that were read before it.
      on_skip: (error) => {
        if (error) broken.push(error);
      },
    }),
    // The loop below meets the error.
    () => {},
  );
  let columns: (CsvColumn | undefined)[] | undefined;
  let rows = 0;
  for await (const { record, info } of records as AsyncIterable<CsvRecord>) {
    if (broken[0] && info.records > Number(broken[0]['records'])) break;
    const row = info.records + info.empty_lines;
    const cells = decode(record);
    if (!columns) columns = columnsOf(cells);
    else if (cells?.every((cell) => cell.trim() === '')) continue;
    else if (++rows > MAX_ROWS) return yield tooMany(row);
    else yield readRow(row, columns, { cells, delimiter });
  }
  if (!columns) columnsOf(null);
  if (broken[0]) yield unreadable(broken[0]);
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
function columnsOf(cells: string[] | null): (CsvColumn | undefined)[] {
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

function readRow(
  row: number,
  columns: (CsvColumn | undefined)[],
  { cells, delimiter }: { cells: string[] | null; delimiter: string },
): ProductRow {
  if (!cells) return { row, fields: {}, error: 'is not UTF-8: save the file as CSV UTF-8' };
  const known = new Map<CsvColumn, string>();
  for (const [index, column] of columns.entries()) {
    if (column) known.set(column, unguard(cells[index] ?? ''));
  }
  const fields = fieldsOf(known, delimiter);
  if (cells.length === columns.length) return { row, fields };
  const error = `has ${cells.length} cells, where the first line names ${columns.length}`;
  return { row, fields, error };
}

function tooMany(row: number): ProductRow {
  const error = `a file has at most ${MAX_ROWS} rows: this and all that follow were left out`;
  return { row, fields: {}, error };
}

function unreadable(broken: CsvError): ProductRow {
  const what =
    broken.code === 'CSV_MAX_RECORD_SIZE'
      ? 'the row is longer than 1 MB, or its quotes do not close'
      : 'the quotes of this row do not close';
  const row = Number(broken['records']) + Number(broken['empty_lines']) + 1;
  return { row, fields: {}, error: `${what}: it and all that follow were left out` };
}

function wrongFile(message: string): AppError {
  return AppError.validation([{ field: 'file', message }]);
}
