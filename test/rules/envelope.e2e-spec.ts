import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ShopsService } from '../../src/shops/shops.service.js';
import { aUser, type Actor } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { anAccount, aShopBody } from '../support/bodies.js';

let app: TestApp;
let user: Actor;

beforeAll(async () => {
  app = await createTestApp();
  user = await aUser(app);
});

afterAll(() => app.close());

const MEBIBYTE = 1024 * 1024;
const failure = (code: string) => ({
  success: false,
  code,
  error: expect.stringMatching(/^[A-Z].{10,}[.]$/),
  requestId: expect.any(String),
});

/** Sends bytes as they are, which no well-behaved client would. */
function sendRaw(body: Buffer | string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { Authorization: `Bearer ${user.token}`, ...headers },
    };
    const request = httpRequest(`${app.url}/api/shops`, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the envelope', () => {
  it('wraps a success, and a list without pages', async () => {
    const one = await user.post('/api/shops', aShopBody()).expect(201);
    const many = await user.get('/api/shops').expect(200);
    expect(one.body).toEqual({
      success: true,
      data: expect.objectContaining({ name: 'Mya Coffee' }),
    });
    expect(many.body).toEqual({ success: true, data: [expect.any(Object)] });
  });

  it.each([
    ['GET', '/'],
    ['GET', '/api'],
    ['GET', '/api/nothing/here'],
    ['POST', '/api/auth/me'],
    ['DELETE', '/health/live'],
    ['GET', '/%E0%A4%A'],
  ])('answers %s %s, which is no route, as a failure (404)', async (method, path) => {
    const call = app.request[method.toLowerCase() as 'get'];
    expect((await call(path).expect(404)).body).toEqual(failure('not_found'));
  });

  it('names each request: its own id, or a new one for a strange one', async () => {
    const given = await app.request.get('/api/nothing').set('X-Request-Id', 'abc-123-def');
    expect(given.headers['x-request-id']).toBe('abc-123-def');
    expect(given.body.requestId).toBe('abc-123-def');
    const strange = await app.request.get('/api/nothing').set('X-Request-Id', 'a b"<script>');
    expect(strange.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(strange.body.requestId).toBe(strange.headers['x-request-id']);
  });

  it('hides a bug: 500 without internals, one log line, and the process lives', async () => {
    const before = app.logs.length;
    const shops = app.nest.get(ShopsService, { strict: false });
    vi.spyOn(shops, 'listOf').mockRejectedValue(new Error('the secret table is broken'));
    const { body } = await user.get('/api/shops').expect(500);
    vi.restoreAllMocks();
    expect(body).toEqual(failure('internal_error'));
    expect(JSON.stringify(body)).not.toContain('table');
    const errors = app.logs.slice(before).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      requestId: body.requestId,
      error: 'the secret table is broken',
      stack: expect.stringContaining('envelope.e2e-spec'),
    });
    await user.get('/api/shops').expect(200);
  });
});

describe('bodies', () => {
  it.each([['{bad'], ['"text"'], ['[1,2'], ['{"a":1}}']])('refuses %s (400)', async (text) => {
    const { body } = await app.request
      .post('/api/auth/login')
      .set('Content-Type', 'application/json')
      .send(text)
      .expect(400);
    expect(body).toEqual(failure('malformed_body'));
  });

  it.each([
    ['application/x-www-form-urlencoded', 'email[$gt]=1&password[$gt]=1'],
    ['text/plain', '{"email":"a@example.com","password":"x"}'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/xml', '<a/>'],
  ])('takes JSON only, not %s (415)', async (type, text) => {
    const { body } = await app.request
      .post('/api/auth/login')
      .set('Content-Type', type)
      .send(text)
      .expect(415);
    expect(body).toEqual(failure('unsupported_media_type'));
  });

  it('takes no body where the app sends the JSON type alone', async () => {
    const get = app.request.get('/health/live').set('Content-Type', 'application/json');
    await get.expect(200);
    const { body } = await app.request
      .post('/api/auth/login')
      .set('Content-Type', 'application/json')
      .expect(400);
    expect(body.code).toBe('validation_failed');
  });

  it('takes 1 MB and not more (413), told or chunked, plain or inflated', async () => {
    const fits = JSON.stringify({ ...aShopBody(), notes: 'x'.repeat(MEBIBYTE - 200) });
    const over = JSON.stringify({ ...aShopBody(), notes: 'x'.repeat(MEBIBYTE) });
    const type = { 'Content-Type': 'application/json' };
    const length = { 'Content-Length': String(over.length) };
    const zipped = gzipSync(over);
    expect(await sendRaw(fits, { ...type, 'Content-Length': String(fits.length) })).toBe(201);
    expect(await sendRaw(over, { ...type, ...length })).toBe(413);
    expect(await sendRaw(over, { ...type, 'Transfer-Encoding': 'chunked' })).toBe(413);
    expect(await sendRaw(zipped, { ...type, 'Content-Encoding': 'gzip' })).toBe(413);
  });

  it('drops unknown fields', async () => {
    const sent = { ...aShopBody(), createdAt: 1, _id: 'x', seq: 7, toJSON: 1 };
    const { body } = await user.post('/api/shops', sent).expect(201);
    expect(body.data.seq).toBe(0);
    expect(body.data.id).not.toBe('x');
  });

  it('names every wrong field at once, one sentence each', async () => {
    const { body } = await app.request
      .post('/api/auth/register')
      .send(anAccount({ email: null, username: {} }))
      .expect(400);
    expect(body).toMatchObject({
      code: 'validation_failed',
      error: 'Please correct: email, username.',
    });
    expect(body.details).toHaveLength(2);
  });
});
