const MAX_RECORD_BYTES = 1_000_000;
const [QUOTE, LINE_FEED, CARRIAGE_RETURN] = [0x22, 0x0a, 0x0d];

const TOO_LONG = 'is longer than 1 MB, or its quotes do not close';
const WRONG_QUOTES =
  'has quotes that do not close, or text after them: write a quote within quotes twice, as ""';

/** One record of a CSV file (RFC 4180), as bytes: what is not UTF-8 must be seen. */
export interface CsvRecord {
  /** Counted from 1, empty lines too. */
  row: number;
  /** Of a broken record those that are sound in its first line. */
  cells: Buffer[];
  broken?: string | undefined;
}

interface Dialect {
  delimiter: string;
  /** What is wrong with a record of several lines, for these to be records of their own. */
  whyNotSeveralLines: (cells: Buffer[]) => string | undefined;
}

interface Cells {
  cells: Buffer[];
  /** Where the last one ends. */
  at: number;
  isWrong: boolean;
}

/**
 * The records of a file as it comes; empty lines are left out. After a broken one, reading goes on at
 * the next line: a stray quote costs the row that it is in, and no other.
 */
export async function* readCsvRecords(
  chunks: AsyncIterable<Buffer>,
  dialect: Dialect,
): AsyncGenerator<CsvRecord> {
  let row = 0;
  let bytes = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  const take = function* (isAll: boolean): Generator<CsvRecord> {
    bytes = Buffer.concat([bytes, ...waiting]);
    waiting = [];
    for (;;) {
      const record = bytes.length > 0 ? readRecord(bytes, isAll, dialect) : undefined;
      if (!record) return;
      const { cells, end, broken } = record;
      row++;
      bytes = bytes.subarray(end);
      const isEmpty = cells.length === 1 && cells[0]?.length === 0;
      if (!isEmpty || broken) yield { row, cells, broken };
    }
  };
  for await (const chunk of chunks) {
    waiting.push(chunk);
    // What is not whole yet is read again only when as much has come once more: in small pieces a
    // long record would cost the square of its length.
    if (waiting.reduce((sum, { length }) => sum + length, 0) > bytes.length) yield* take(false);
  }
  yield* take(true);
}

/** The first record of `bytes`, and where the next begins; undefined when more of it may come. */
function readRecord(bytes: Buffer, isAll: boolean, { delimiter, whyNotSeveralLines }: Dialect) {
  const { cells, at, isWrong } = readCells(bytes, delimiter.charCodeAt(0));
  const isTooLong = at > MAX_RECORD_BYTES;
  // A quote or CR that is the last byte may be the first half of two.
  const isOpen = (end: number): boolean => !isAll && end >= bytes.length - 1;
  if (isOpen(at) && !isTooLong) return undefined;
  const lineEnd = findLineEnd(bytes);
  const isOneLine = lineEnd >= at;
  const wrong = isWrong ? WRONG_QUOTES : isOneLine ? undefined : whyNotSeveralLines(cells);
  const broken = isTooLong ? TOO_LONG : wrong;
  if (!broken) return { cells, end: afterLine(bytes, at) };
  if (isOpen(lineEnd)) return undefined;
  const wrongAt = cells.findIndex((cell) => cell.some(isLineBreak));
  const before = wrongAt === -1 ? cells : cells.slice(0, wrongAt);
  return { cells: before, end: afterLine(bytes, lineEnd), broken };
}

/** Up to the end of the record, or of the bytes, or to what is wrong. */
function readCells(bytes: Buffer, delimiter: number): Cells {
  const cells: Buffer[] = [];
  for (let at = 0; ; at++) {
    const begin = at;
    if (bytes[begin] === QUOTE) {
      at = closingQuote(bytes, begin) + 1;
      if (at === 0) return { cells, at: bytes.length, isWrong: true };
    }
    const isOver = (): boolean =>
      at === bytes.length || bytes[at] === delimiter || isLineBreak(bytes[at]);
    if (bytes[begin] === QUOTE && !isOver()) return { cells, at, isWrong: true };
    while (!isOver()) at++;
    const cell = bytes.subarray(begin, at);
    cells.push(cell[0] === QUOTE ? unquote(cell) : cell);
    if (bytes[at] !== delimiter) return { cells, at, isWrong: false };
  }
}

/** -1 for none. */
function closingQuote(bytes: Buffer, opening: number): number {
  for (let at = opening + 1; ; at += 2) {
    at = bytes.indexOf(QUOTE, at);
    if (at === -1 || bytes[at + 1] !== QUOTE) return at;
  }
}

function unquote(cell: Buffer): Buffer {
  const text = cell.subarray(1, -1);
  if (!text.includes(QUOTE)) return text;
  return Buffer.from(text.toString('latin1').replaceAll('""', '"'), 'latin1');
}

function findLineEnd(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && !isLineBreak(bytes[at])) at++;
  return at;
}

function afterLine(bytes: Buffer, end: number): number {
  const isCrLf = bytes[end] === CARRIAGE_RETURN && bytes[end + 1] === LINE_FEED;
  return Math.min(bytes.length, end + (isCrLf ? 2 : 1));
}

function isLineBreak(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}
