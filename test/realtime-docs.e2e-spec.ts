import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_EVENTS } from '../src/realtime/client-events.js';
import { PUSH_TABLE } from '../src/realtime/push-table.js';
import { aShop } from './support/actors.js';
import { createTestApp, type TestApp } from './support/app.js';
import { openSocketIo } from './support/sockets.js';
import { Ajv } from 'ajv';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

type Json = Record<string, any>;

const document = async (): Promise<Json> =>
  (await (await fetch(`${app.url}/docs/realtime-json`)).json()) as Json;

describe('the realtime docs', () => {
  it('are an AsyncAPI document of every event of the tables', async () => {
    const { asyncapi, channels, operations, servers } = await document();
    expect(asyncapi).toBe('3.0.0');
    expect(Object.keys(servers)).toEqual(['socketio', 'raw']);
    const messages = Object.values(channels.shop.messages as Json);
    const names = new Set(messages.map(({ name }: Json) => name));
    const pushed = Object.values(PUSH_TABLE).flatMap((pushes) => pushes.map(({ as }) => as));
    expect([...names]).toEqual(expect.arrayContaining([...pushed, ...Object.keys(CLIENT_EVENTS)]));
    for (const { summary, payload } of messages) {
      expect(summary).toMatch(/\.$/);
      expect(payload).toBeTypeOf('object');
    }
    const referenced = [...operations.hear.messages, ...operations.ask.messages];
    expect(referenced).toHaveLength(messages.length);
  });

  it('hold what a socket really hears', async () => {
    const shop = await aShop(app);
    const client = await openSocketIo(app, { token: shop.agent.token });
    await client.ask('shop:join', { shopId: shop.id });
    await shop.agent.post(`${shop.path}/conversations`, { customerName: 'Su' }).expect(201);
    const heard = {
      'conversation:update': await client.next('conversation:update'),
      presence: await client.next('presence'),
    };
    client.close();
    const { channels, components } = await document();
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const [name, data] of Object.entries(heard)) {
      const { payload } = channels.shop.messages[`server.${name}.team`.replace(/[^\w.]+/g, '-')];
      const validate = ajv.compile({ ...payload, components });
      expect(validate(data), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });

  it('have a page for people, without a script', async () => {
    const response = await fetch(`${app.url}/docs/realtime`);
    const html = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    for (const name of ['message:new', 'shop:join', 'presence']) {
      expect(html).toContain(`<code>${name}</code>`);
    }
    expect(html).not.toContain('<script');
    const docs = await fetch(`${app.url}/docs`);
    expect(docs.status).toBe(200);
    // An answer that nobody reads to its end holds the connection, and with it the stop.
    await docs.text();
  });
});
