import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

const CANARY = 'canary-of-a-query';

describe('a line of the access log', () => {
  it.each([
    'token',
    'refreshToken',
    'REFRESH_TOKEN',
    'access_token',
    'id_token',
    'client_secret',
    'password',
    'passwordHash',
    'currentPassword',
    'handle',
    'code',
    'state',
    'to%6ben',
    '%50assword',
    'user[password]',
    'redirect=https%3A%2F%2Fapp.example%2F%3Ftoken',
  ])('names the address without the value of %s', async (name) => {
    const path = `/nowhere?page=2&${name}=${CANARY}&last=1`;
    const { body } = await app.request.get(path).expect(404);
    const line = await eventually(() => {
      const found = app.logs.find(
        ({ msg, requestId }) => msg === 'request' && requestId === body.requestId,
      );
      if (!found) throw new Error('not logged yet');
      return found;
    });
    expect(line['url']).toBe(`/nowhere?page=2&${name.split('=')[0]}=[redacted]&last=1`);
    expect(JSON.stringify(app.logs)).not.toContain(CANARY);
  });
});
