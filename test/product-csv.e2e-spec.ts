import { request as httpRequest } from 'node:http';
import { parse } from 'csv-parse/sync';
import { Types } from 'mongoose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DomainEvents } from '../src/events/domain-events.js';
import { ProductImportService } from '../src/products/product-import.service.js';
import { ProductsService } from '../src/products/products.service.js';
import { type Actor, aShop, type ShopWorld } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { aProduct } from './support/bodies.js';
import { eventually } from './support/eventually.js';

type Row = Record<string, any> & { id: string; name: string };

let app: TestApp;
let shop: ShopWorld;

beforeAll(async () => {
  app = await createTestApp();
});

beforeEach(async () => {
  shop = await aShop(app);
});

afterAll(() => app.close());

const MEBIBYTE = 1024 * 1024;

function send(file: string | Buffer, { as = shop.manager, to = shop } = {}) {
  return app.request
    .post(`${to.path}/products/import`)
    .set('Authorization', `Bearer ${as.token}`)
    .set('Content-Type', 'text/csv')
    .send(file);
}

async function importFile(file: string | Buffer, to: ShopWorld = shop) {
  const { body } = await send(file, { to }).expect(200);
  return body.data as Record<string, number> & {
    errors: { row: number; sku: string; error: string }[];
  };
}

async function exportFile(of: ShopWorld = shop, as: Actor = of.agent): Promise<string> {
  const answer = await as.get(`${of.path}/products/export.csv`).expect(200);
  return answer.text;
}

async function catalogue(of: ShopWorld = shop): Promise<Row[]> {
  return (await of.agent.get(`${of.path}/products`).expect(200)).body.data;
}

async function movementsOf(id: string): Promise<Row[]> {
  const path = `${shop.path}/products/${id}/stock-movements`;
  return (await shop.agent.get(path).expect(200)).body.data;
}

const counts = (created: number, updated: number, unchanged: number, failed: number) => ({
  rows: created + updated + unchanged + failed,
  created,
  updated,
  unchanged,
  failed,
});

describe('an imported file', () => {
  it('adds products with every field, and their stock by the import', async () => {
    const report = await importFile(
      [
        'sku,name,itemType,category,description,facebookSubtitle,retailPrice,originalPrice,promoPrice,' +
          'promoStartDate,promoEndDate,currency,stock,warranty,duration,location,imageUrl,formId,buttons',
        'BEANS-1KG,"Coffee beans, 1 kg",product,Coffee,"Two\r\nlines ""quoted""",Free,19.99,11.5,17.5,' +
          '2026-11-23,2026-11-30,USD,10,1 year,,,https://media.example.com/a.webp,' +
          '6741c0c0a5f2d13b8c9e0004,"[{""title"":""Order""}]"',
        'CUT,Haircut,Service,Care,,,30,,,,,,5,,45 minutes,12 Strand Road,,,',
      ].join('\r\n'),
    );
    expect(report).toEqual({ ...counts(2, 0, 0, 0), errors: [] });
    const [beans, haircut] = (await catalogue()) as [Row, Row];
    expect(beans).toMatchObject({
      sku: 'BEANS-1KG',
      name: 'Coffee beans, 1 kg',
      itemType: 'product',
      category: 'Coffee',
      description: 'Two\r\nlines "quoted"',
      facebookSubtitle: 'Free',
      retailPrice: 19.99,
      originalPrice: 11.5,
      promoPrice: 17.5,
      promoStartDate: '2026-11-23',
      promoEndDate: '2026-11-30',
      currency: 'USD',
      stock: 10,
      warranty: '1 year',
      imageUrl: 'https://media.example.com/a.webp',
      formId: '6741c0c0a5f2d13b8c9e0004',
      buttons: [{ title: 'Order' }],
    });
    expect(haircut).toMatchObject({ itemType: 'service', stock: null, duration: '45 minutes' });
    expect(await movementsOf(beans.id)).toMatchObject([
      { change: 10, newStock: 10, reason: 'import', by: shop.manager.userId },
    ]);
    const found = await shop.agent.get(`${shop.path}/products?q=beans`).expect(200);
    expect(found.body.data).toHaveLength(1);
  });

  it('changes products by their SKU: what it has no column for stays', async () => {
    const sent = aProduct({ sku: 'A', category: 'Coffee', originalPrice: 5 });
    const { body } = await shop.owner.post(`${shop.path}/products`, sent).expect(201);
    expect(await importFile('sku,stock,retailPrice\nA,4,21\n')).toMatchObject(counts(0, 1, 0, 0));
    expect(await catalogue()).toEqual([
      {
        ...body.data,
        stock: 4,
        retailPrice: 21,
        currentPrice: 21,
        updatedAt: expect.any(String),
      },
    ]);
    expect(await movementsOf(body.data.id)).toMatchObject([
      { change: -6, newStock: 4, reason: 'import', by: shop.manager.userId },
      { change: 10, reason: 'opening' },
    ]);
    expect(await importFile('sku,category,originalPrice,retailPrice,name\nA,,,,\n')).toMatchObject(
      counts(0, 1, 0, 0),
    );
    expect((await catalogue())[0]).toMatchObject({
      category: '',
      originalPrice: null,
      retailPrice: 21,
      name: 'Coffee beans',
    });
  });

  it('is harmless a second time: nothing is added, moved, written or told', async () => {
    const file = 'sku,name,retailPrice,stock\nA,Tea,3,5\nB,Milk,2,\n,Sugar,1,7\n';
    expect(await importFile(file)).toMatchObject(counts(3, 0, 0, 0));
    const before = await catalogue();
    const told: string[] = [];
    app.nest.get(DomainEvents, { strict: false }).on('product.updated', ({ shopId }) => {
      if (shopId === shop.id) told.push(shopId);
    });
    expect(await importFile(file)).toMatchObject(counts(0, 0, 3, 0));
    expect(await catalogue()).toEqual(before);
    expect(await movementsOf(before[0]!.id)).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('keeps every good row and tells of each bad one', async () => {
    const report = await importFile(
      [
        'sku,name,retailPrice,stock,promoStartDate,currency,buttons,id',
        'A,Tea,3,5,,,,',
        'B,,3,5,,,,',
        'C,Tea,abc,5,,,,',
        'D,Tea,3,1.5,,,,',
        'E,Tea,3.999,5,,,,',
        'F,Tea,3,5,23.11.2026,,,',
        'G,Tea,3,5,,EUR,,',
        'H,Tea,3,5,,,not json,',
        'I,Tea,3,5',
        'A,Tea again,4,5,,,,',
        ',,3,5,,,,',
        'J,Tea,-3,5,,,,nonsense',
        '',
        ',,,,,,,',
        'K,Coffee,3,5,,,,',
      ].join('\n'),
    );
    expect(report).toMatchObject(counts(2, 0, 0, 11));
    const said = report.errors.map(({ row, sku, error }) => `${row} ${sku}: ${error}`);
    expect(said).toEqual([
      expect.stringMatching(/^3 B: name must/),
      expect.stringMatching(/^4 C: retailPrice must be a number$/),
      expect.stringMatching(/^5 D: stock must be an integer/),
      expect.stringMatching(/^6 E: retailPrice must have at most 2 digits/),
      expect.stringMatching(/^7 F: promoStartDate must be a date YYYY-MM-DD/),
      expect.stringMatching(/^8 G: currency must be USD/),
      expect.stringMatching(/^9 H: each of buttons must be an object/),
      expect.stringMatching(/^10 I: has 4 cells, where the first line names 8/),
      expect.stringMatching(/^11 A: is about the same product as row 2/),
      expect.stringMatching(/^12 : give a sku or a name/),
      expect.stringMatching(/^13 J: id must be one of an export/),
    ]);
    expect((await catalogue()).map(({ name }) => name)).toEqual(['Tea', 'Coffee']);
  });

  it.each([
    ['a byte order mark', '\uFEFFsku,name,retailPrice\nA,Tea,3.5\n'],
    ['CRLF', 'sku,name,retailPrice\r\nA,Tea,3.5\r\n'],
    ['CR', 'sku,name,retailPrice\rA,Tea,3.5\r'],
    ['no last line end', 'sku,name,retailPrice\nA,Tea,3.5'],
    ['quotes everywhere', '"sku","name","retailPrice"\n"A","Tea","3.5"\n'],
    ['semicolons and decimal commas', 'sku;name;retailPrice\nA;Tea;3,5\n'],
    ['tabs', 'sku\tname\tretailPrice\nA\tTea\t3,5\n'],
    ['names of columns in other ways', ' SKU ,Name,Retail Price,Colour\nA,Tea,3.5,red\n'],
    ['columns in another order', 'retailPrice,name,sku\n3.5,Tea,A\n'],
    ['empty lines', '\n\nsku,name,retailPrice\n\nA,Tea,3.5\n\n'],
  ])('is understood with %s', async (_, file) => {
    expect(await importFile(file)).toEqual({ ...counts(1, 0, 0, 0), errors: [] });
    expect((await catalogue())[0]).toMatchObject({ sku: 'A', name: 'Tea', retailPrice: 3.5 });
  });

  it('may hold an inch sign, and any script', async () => {
    await importFile('sku,name,retailPrice\nA,Nail 5" long,1\nB,မုန့်ဟင်းခါး 😀,2\n');
    expect((await catalogue()).map(({ name }) => name)).toEqual(['Nail 5" long', 'မုန့်ဟင်းခါး 😀']);
  });

  it.each([
    ['followed by text far below', 'A1,"open,5\nA2,b,5\nA3,"c",6\nA4,d,7\n', 'A1 A2 A3 A4', 'A1'],
    ['never closed', 'A1,a,5\nA2,"open,5\nA3,c,6\nA4,d,7', 'A1 A2 A3 A4', 'A2'],
    ['followed by text in its row', 'A1,"a" b,5\nA2,b,5\n', 'A1 A2', 'A1'],
    ['closed by the next of its kind', 'A1,"open,5\nA2,b,5\nA3,c","6\nA4,d,7\n', 'A1 A2 A4', 'A1'],
    ['in a SKU', '"A1,a,5\nA2,b,5\nA3",c,6\nA4,d,7\n', ' A2 A3" A4', ''],
    ['in a price', 'A1,a,"5\nA2,b,5\nA3,c,6"\nA4,d,7\n', 'A1 A2 A4', 'A1'],
  ])('loses no good row to a quote that is %s', async (_, rows, skus, bad) => {
    const report = await importFile(`sku,name,retailPrice\n${rows}`);
    const failed = report.errors.map(({ sku }) => sku);
    expect(failed).toContain(bad);
    const good = skus.split(' ').filter((sku) => !failed.includes(sku));
    expect((await catalogue()).map(({ sku }) => sku)).toEqual(good);
    // Every line is a product, or told of.
    expect(report['created']! + report['failed']!).toBe(rows.trimEnd().split('\n').length);
    expect(new Set(report.errors.map(({ row }) => row)).size).toBe(report['failed']);
  });

  it('loses no good row to quotes that close a description further down', async () => {
    const rows =
      'A1,a,5,"one\nA2,b,5,two\nA3,c,6,"three"\nA4,d,7,"""four"\nfive"\nA5,e,8,"six\nA6,f,9,\n';
    const report = await importFile(`sku,name,retailPrice,description\n${rows}`);
    expect(report.errors.map(({ row, sku }) => `${row} ${sku}`)).toEqual([
      '2 A1',
      '6 five"',
      '7 A5',
    ]);
    expect((await catalogue()).map(({ sku }) => sku)).toEqual(['A2', 'A3', 'A4', 'A6']);
  });

  it('is read on after quotes that do not close, and after a row of more than 1 MB', async () => {
    const long = 'x'.repeat(MEBIBYTE);
    const lines = Array.from({ length: 100 }, (_, index) => `S${index},Tea,3,\n`).join('');
    const file = `sku,name,retailPrice,description\n${lines}B,"Milk,2,\nC,Sugar,1,\nD,Salt,2,${long}\nE,Rice,1,\n`;
    const report = await importFile(file);
    expect(report).toMatchObject(counts(102, 0, 0, 2));
    expect(report.errors).toEqual([
      { row: 102, sku: 'B', error: expect.stringContaining('quotes do not close') },
      { row: 104, sku: 'D', error: expect.stringContaining('longer than 1 MB') },
    ]);
  });

  it.each([
    ['USD', ';', '1,000', '1.00'],
    ['USD', ';', '1.000', '1.00'],
    ['USD', '\t', '12,345', '12.34'],
    ['USD', ',', '1.000', '1.00'],
    ['USD', ',', '"1,000"', '1.00'],
    ['USD', ';', '1.000.000', undefined],
    ['JPY', ';', '1.000', '1'],
    ['KWD', ';', '1.250', '1.2500'],
    ['KWD', ';', '1,250', '1.2500'],
  ])('in %s with "%s" refuses %s as a price', async (currency, delimiter, price, small) => {
    const own = await aShop(app, { currency });
    const rows = [
      ['sku', 'name', 'retailPrice'],
      ['A', 'Tea', price],
      ['B', 'Milk', '2'],
    ];
    const file = rows.map((cells) => cells.join(delimiter)).join('\n');
    const report = await importFile(file, own);
    expect(report).toMatchObject(counts(1, 0, 0, 1));
    const whole = price.replace(/\D/g, '');
    expect(report.errors[0]!.error).toMatch(/^retailPrice /);
    expect(report.errors[0]!.error).toContain(
      small ? `write ${whole} or ${small}` : `write ${whole}`,
    );
  });

  it.each([
    ['USD', ';', '1000,5', 1000.5],
    ['USD', ';', '1000.50', 1000.5],
    ['USD', ';', '0,500', 0.5],
    ['KWD', ',', '1.250', 1.25],
    ['KWD', ';', '1.2500', 1.25],
    ['JPY', ',', '1000', 1000],
  ])('in %s with "%s" reads %s as %d', async (currency, delimiter, price, amount) => {
    const own = await aShop(app, { currency });
    const file = [
      `sku${delimiter}name${delimiter}retailPrice`,
      ['A', 'Tea', price].join(delimiter),
    ];
    expect(await importFile(file.join('\n'), own)).toMatchObject(counts(1, 0, 0, 0));
    expect((await catalogue(own))[0]!['retailPrice']).toBe(amount);
  });

  it.each(['1,000', '1.000', '1 000', "1'000", '1,5'])('refuses %s as a stock', async (stock) => {
    const report = await importFile(`sku;name;retailPrice;stock\nA;Tea;3;${stock}\nB;Milk;2;10\n`);
    expect(report).toMatchObject(counts(1, 0, 0, 1));
    expect(report.errors[0]!.error).toMatch(
      /^stock must be an integer without separators: write 1\d+$/,
    );
  });

  it('tells of a row that is not UTF-8, and keeps the others', async () => {
    const bytes = Buffer.from('sku,name,retailPrice\nA,Caf\xe9,3\nB,Tea,3\n', 'latin1');
    const report = await importFile(bytes);
    expect(report).toMatchObject(counts(1, 0, 0, 1));
    expect(report.errors[0]).toMatchObject({ row: 2, error: expect.stringContaining('UTF-8') });
  });

  it.each([
    ['nothing', ''],
    ['no names of columns', 'A,Tea,3\n'],
    ['a column twice', 'sku,name,SKU\nA,Tea,B\n'],
    ['UTF-16', Buffer.from('\uFEFFsku,name\nA,Tea\n', 'utf16le')],
  ])('with %s is refused whole (400)', async (_, file) => {
    const { body } = await send(file).expect(400);
    expect(body).toMatchObject({ code: 'validation_failed', details: [{ field: 'file' }] });
  });

  it('must not take the SKU of another product', async () => {
    await importFile('sku,name,retailPrice\nA,Tea,3\nB,Milk,2\n');
    const [tea] = (await catalogue()) as [Row];
    const report = await importFile(`id,sku\n${tea.id},B\n`);
    expect(report).toMatchObject(counts(0, 0, 0, 1));
    expect(report.errors[0]!.error).toContain('has the SKU "B" already');
  });

  it("finds nothing of another shop by its products' ids", async () => {
    const other = await aShop(app);
    await importFile('sku,name,retailPrice\nA,Tea,3\n', other);
    const [foreign] = (await catalogue(other)) as [Row];
    const file = `id,sku,name,retailPrice\n${foreign.id},,Mine,9\n`;
    expect(await importFile(file)).toMatchObject(counts(1, 0, 0, 0));
    expect(await importFile(file)).toMatchObject(counts(0, 0, 1, 0));
    expect(await catalogue(other)).toEqual([foreign]);
  });

  it('sent twice at the same time adds each product once', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => `S${index},Tea ${index},3,2`);
    const file = ['sku,name,retailPrice,stock', ...rows].join('\n');
    const reports = await Promise.all([importFile(file), importFile(file), importFile(file)]);
    const sum = (what: string): number => reports.reduce((total, one) => total + one[what]!, 0);
    expect([sum('created'), sum('failed')]).toEqual([300, 0]);
    expect(new Set((await catalogue()).map(({ sku }) => sku)).size).toBe(300);
  });
});

describe('a large file', () => {
  it('of 10,000 rows is brought in whole, and the rows beyond are told of', async () => {
    const rows = Array.from({ length: 10_002 }, (_, index) => `S${index},Tea ${index},3,2`);
    const report = await importFile(['sku,name,retailPrice,stock', ...rows].join('\n'));
    expect(report).toMatchObject(counts(10_000, 0, 0, 1));
    expect(report.errors).toEqual([
      { row: 10_002, sku: '', error: expect.stringContaining('at most 10000 rows') },
    ]);
    const lines = (await exportFile()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(10_001);
    expect(lines.at(-1)).toContain('S9999');
    const recounted = rows.slice(0, 2_000).map((row) => row.replace(/2$/, '5'));
    const again = await importFile(['sku,name,retailPrice,stock', ...recounted].join('\n'));
    expect(again).toEqual({ ...counts(0, 2_000, 0, 0), errors: [] });
  }, 120_000);

  it('of bad rows is answered with the first 500 of them', async () => {
    const rows = Array.from({ length: 600 }, (_, index) => `S${index},Tea,x`);
    const report = await importFile(['sku,name,retailPrice', ...rows].join('\n'));
    expect(report).toMatchObject(counts(0, 0, 0, 600));
    expect(report.errors).toHaveLength(500);
  });

  it('above 5 MB is refused (413), told or chunked', async () => {
    const file = `sku,name\n${`${'x'.repeat(999)}\n`.repeat(5 * 1_049)}`;
    expect(file.length).toBeGreaterThan(5 * MEBIBYTE);
    expect((await send(file).expect(413)).body.code).toBe('payload_too_large');
    const status = await new Promise<number>((resolve, reject) => {
      const sent = httpRequest(
        `${app.url}${shop.path}/products/import`,
        {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${shop.manager.token}`,
            'Content-Type': 'text/csv',
            'Transfer-Encoding': 'chunked',
          },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(file);
    });
    expect(status).toBe(413);
  });

  it('that does not come whole keeps the rows that came, and harms nothing', async () => {
    const imports = vi.spyOn(app.nest.get(ProductImportService, { strict: false }), 'import');
    const sent = httpRequest(`${app.url}${shop.path}/products/import`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${shop.manager.token}`,
        'Content-Type': 'text/csv',
        'Content-Length': '100000',
      },
    });
    sent.on('error', () => {});
    const rows = Array.from({ length: 500 }, (_, index) => `S${index},Tea,3\n`);
    sent.write(`sku,name,retailPrice\n${rows.join('')}`);
    await eventually(async () => expect(await catalogue()).not.toEqual([]));
    sent.destroy();
    await expect(imports.mock.results[0]!.value).rejects.toThrow('did not come whole');
    await app.request.get('/health/live').expect(200);
    const bugs = app.logs.filter(({ msg }) => msg === 'unexpected error');
    expect(bugs).toEqual([]);
    const whole = `sku,name,retailPrice\n${rows.join('')}`;
    expect((await importFile(whole))['failed']).toBe(0);
    expect(await catalogue()).toHaveLength(500);
  });
});

describe('the type of a body', () => {
  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
    'of an import is not %s (415)',
    async (type) => {
      const { body } = await send('{}').set('Content-Type', type).expect(415);
      expect(body.code).toBe('unsupported_media_type');
    },
  );

  it('is not text/csv elsewhere, nor is a file compressed (415)', async () => {
    await app.request
      .post(`${shop.path}/products`)
      .set('Authorization', `Bearer ${shop.manager.token}`)
      .set('Content-Type', 'text/csv')
      .send('name,retailPrice\nTea,3\n')
      .expect(415);
    await send('sku,name\n').set('Content-Encoding', 'gzip').expect(415);
  });
});

describe('an exported file', () => {
  /** Texts that a spreadsheet, a parser or a careless program would change. */
  const TEXTS = [
    '=HYPERLINK("https://evil.example";"x")',
    '+1',
    '-1',
    '@SUM(A1)',
    "'quoted",
    "'=1+1",
    "''",
    ' =1+1',
    '\t=1',
    '\r\n=1',
    '＝1',
    'a,b;c"d"\te',
    'line\nline\r\nline\rline',
    '  spaces  ',
    '\uFEFFmark \uFFFD',
    '00123',
    '1e5',
    'null',
    'မုန့်ဟင်းခါး 😀',
  ];
  const onOneLine = (text: string): string => text.replace(/\s*[\r\n]\s*/g, ' ');
  const isFormula = (cell: string): boolean => /^\s*[=+\-@＝＋－＠\t\r\n]/.test(cell);

  it('makes the same catalogue when it is imported, there and in another shop', async () => {
    for (const [index, text] of TEXTS.entries()) {
      const sent = aProduct({
        name: `n${onOneLine(text)}`,
        description: text,
        facebookSubtitle: text,
        warranty: text,
        location: text,
        duration: index % 2 === 0 ? text.slice(0, 40) : '',
        category: text,
        sku: index % 3 === 0 ? '' : onOneLine(`${text}${index}`).trim(),
        stock: index % 4 === 0 ? null : index,
        itemType: index % 5 === 0 ? 'service' : 'product',
        originalPrice: index % 2 === 0 ? 0.1 : null,
        promoPrice: index === 3 ? 0 : null,
        promoStartDate: index === 3 ? '2026-11-23' : null,
        imageUrl: index === 4 ? 'https://media.example.com/a,b;c.webp' : '',
        formId: index === 5 ? '6741c0c0a5f2d13b8c9e0004' : null,
        buttons: index === 6 ? [{ title: text, index: 1.5, on: true, off: null }] : [],
      });
      await shop.owner.post(`${shop.path}/products`, sent).expect(201);
    }
    const before = await catalogue();
    const file = await exportFile();
    expect(await importFile(file)).toEqual({ ...counts(0, 0, TEXTS.length, 0), errors: [] });
    expect(await catalogue()).toEqual(before);

    const other = await aShop(app);
    expect(await importFile(file, other)).toMatchObject(counts(TEXTS.length, 0, 0, 0));
    const withoutIds = (rows: Row[]) =>
      rows.map(({ id: _, createdAt: __, updatedAt: ___, ...fields }) => fields);
    expect(withoutIds(await catalogue(other))).toEqual(withoutIds(before));
    expect(await importFile(file, other)).toMatchObject(counts(0, 0, TEXTS.length, 0));
    const idColumn = /^[0-9a-f]{24}(?=,)/gm;
    const again = await exportFile(other);
    expect(again.replace(idColumn, 'id')).toBe(file.replace(idColumn, 'id'));
  });

  it('has names and SKUs on one line, in which they are kept', async () => {
    const sent = aProduct({ name: 'Coffee\r\nbeans', sku: 'A\n1' });
    const { body } = await shop.owner.post(`${shop.path}/products`, sent).expect(201);
    expect(body.data).toMatchObject({ name: 'Coffee beans', sku: 'A 1' });
    const products = app.connection.collection('products');
    const _id = new Types.ObjectId(String(body.data.id));
    await products.updateOne({ _id }, { $set: { name: 'As it\nwas before' } });
    expect(await importFile(await exportFile())).toMatchObject(counts(0, 1, 0, 0));
    expect((await catalogue())[0]).toMatchObject({ name: 'As it was before', sku: 'A 1' });
  });

  it('takes back the changes that were made since', async () => {
    const { body } = await shop.owner.post(`${shop.path}/products`, aProduct()).expect(201);
    const file = await exportFile();
    const path = `${shop.path}/products/${body.data.id}`;
    await shop.manager.put(path, { name: 'Tea', stock: 3, retailPrice: 1 }).expect(200);
    expect(await importFile(file)).toMatchObject(counts(0, 1, 0, 0));
    const { updatedAt: _, ...same } = body.data;
    expect((await catalogue())[0]).toMatchObject(same);
  });

  it('holds no cell that a spreadsheet takes for a formula', async () => {
    for (const text of TEXTS) {
      const sent = aProduct({ name: `${text}x`, description: text });
      await shop.owner.post(`${shop.path}/products`, sent).expect(201);
    }
    const records = parse((await exportFile()).slice(1)) as string[][];
    expect(records).toHaveLength(TEXTS.length + 1);
    expect(records.flat().filter(isFormula)).toEqual([]);
  });

  it('is a file of UTF-8 that spreadsheets know, for members only, and never kept', async () => {
    const answer = await shop.agent.get(`${shop.path}/products/export.csv`).expect(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="products.csv"',
      'cache-control': expect.stringContaining('no-store'),
    });
    expect(answer.text.startsWith('\uFEFFid,sku,name,')).toBe(true);
    await shop.outsider.get(`${shop.path}/products/export.csv`).expect(404);
    await send('sku,name\n', { as: shop.agent }).expect(403);
    await send('sku,name\n', { as: shop.outsider }).expect(404);
  });

  it('is cut where the database fails in between, and refused where it fails at once', async () => {
    const products = app.nest.get(ProductsService, { strict: false });
    vi.spyOn(products, 'inBatches').mockImplementation(async function* () {
      yield [];
      throw new Error('the database is away');
    });
    await expect(exportFile()).rejects.toThrow(/socket hang up|aborted/);
    vi.spyOn(products, 'inBatches').mockImplementation(() => {
      throw new Error('the database is away');
    });
    const refused = await shop.agent.get(`${shop.path}/products/export.csv`).expect(500);
    expect(refused.body.code).toBe('internal_error');
    vi.restoreAllMocks();
    await exportFile();
  });
});
