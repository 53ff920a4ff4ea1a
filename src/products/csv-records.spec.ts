import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { readCsvRecords } from './csv-records.js';

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = text.length): Promise<string[][]> {
  const records: string[][] = [];
  const dialect = { delimiter: ',', whyNotSeveralLines: () => undefined };
  for await (const { cells, broken } of readCsvRecords(inPieces(text, size), dialect)) {
    records.push([...cells.map(String), ...(broken ? ['BROKEN'] : [])]);
  }
  return records;
}

describe('readCsvRecords', () => {
  const SOUND = [
    'a,b\nc,d\n',
    'a,b\r\nc,d',
    'a,b\rc,d\r',
    'a,"b\nc"\r\n"d""e",\n',
    '"","a",\n,\n""""\n',
    '"a\r\nb"\r\n"c\rd"\r"e\n"',
    'မုန့်,"😀""",x\n5" nail,b""c\n',
    '\n\na\n\n\nb\r\n\r\n',
  ];

  it.each(SOUND)('reads %j as others do, in pieces of any size', async (text) => {
    const record_delimiter = ['\r\n', '\n', '\r'];
    const options = { record_delimiter, relax_quotes: true, relax_column_count: true } as const;
    const expected = parse(text, { ...options, skip_empty_lines: true });
    for (let size = 1; size <= text.length + 1; size++) {
      expect(await read(text, size), `in pieces of ${size}`).toEqual(expected);
    }
  });

  it.each([
    [
      'a,"b\nc,d\n',
      [
        ['a', 'BROKEN'],
        ['c', 'd'],
      ],
    ],
    [
      'a,"b"c\r\nd,e',
      [
        ['a', 'BROKEN'],
        ['d', 'e'],
      ],
    ],
    ['a\n"', [['a'], ['BROKEN']]],
    ['"a\r\nb,"c"\r\n', [['BROKEN'], ['b', 'c']]],
  ])('goes on after the line of what is broken in %j', async (text, expected) => {
    for (let size = 1; size <= text.length; size++) {
      expect(await read(text, size), `in pieces of ${size}`).toEqual(expected);
    }
  });

  it('takes time as the file is long, whatever its quotes', async () => {
    const megabyte = 1_000_000;
    for (const line of ['"\n', '""\n', '"""\n', 'a,"b\n', 'x""\n', '"a""\n', ',",\n']) {
      const started = performance.now();
      await read(`"${line.repeat(megabyte / line.length)}`, 10_000);
      expect(performance.now() - started, JSON.stringify(line)).toBeLessThan(30_000);
    }
  });
});
