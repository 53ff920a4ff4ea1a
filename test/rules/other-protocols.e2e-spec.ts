import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aUser } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { anAccount } from '../support/bodies.js';
import { eventually } from '../support/eventually.js';

const OFFER = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMA' };

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

interface Answer {
  status: number;
  body: any;
}

async function ask(method: string, path: string, content?: string, agent?: Agent) {
  const headers = { ...OFFER, 'Content-Type': 'application/json' };
  const sent = request(`${app.url}${path}`, { method, headers, agent });
  // In two parts, of which one comes with the head.
  if (content) sent.write(content.slice(0, 10));
  sent.end(content?.slice(10));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, body: JSON.parse(text) } as Answer;
}

describe('a request that offers another protocol', () => {
  it.each(['/health/live', '/socket.io/?EIO=4&transport=polling&t=1', '/ws'])(
    'to read %s is answered as any other',
    async (path) => {
      const sent = request(`${app.url}${path}`, { headers: OFFER }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      expect(answer.resume().statusCode).toBe((await fetch(`${app.url}${path}`)).status);
    },
  );

  it('to write has its body read, on a connection that goes on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = 0; turn < 3; turn++) {
      const account = anAccount();
      const made = await ask('POST', '/api/auth/register', JSON.stringify(account), agent);
      expect(made.status).toBe(201);
      expect(made.body.data.user.email).toBe(account.email);
      const refused = await ask('POST', '/api/auth/register', '{"email":', agent);
      expect(refused).toMatchObject({ status: 400, body: { code: 'malformed_body' } });
    }
    agent.destroy();
  });

  it('is who it was, and one request, however many headers it has', async () => {
    const { token } = await aUser(app);
    const line = connect(Number(new URL(app.url).port), 'localhost');
    const inner = 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const many = 'a:\r\n'.repeat(2_100);
    line.write(
      'POST /api/shops HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n' +
        `${many}Authorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    let answers = '';
    line.on('data', (text) => (answers += String(text)));
    await eventually(() => expect(answers).toContain('malformed_body'));
    // What follows would be answered at once.
    await app.request.get('/health/ready').expect(200);
    line.destroy();
    expect(answers.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('is cut off when it did not wait for the answer before', async () => {
    const line = connect(Number(new URL(app.url).port), 'localhost');
    const head = 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\n';
    line.write(`${head}\r\n${head}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`);
    line.on('error', () => {});
    await once(line.resume(), 'close');
    await app.request.get('/health/live').expect(200);
  });
});

describe('an upgrade to a WebSocket where there is no door', () => {
  it.each(['/socket.io', '/socket.io?EIO=4&transport=websocket', '/elsewhere'])(
    'is refused at once (%s)',
    async (path) => {
      const line = connect(Number(new URL(app.url).port), 'localhost');
      line.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      let answer = '';
      line.on('data', (text) => (answer += String(text)));
      await once(line, 'close');
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    },
  );
});
