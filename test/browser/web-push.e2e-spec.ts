import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebPushServer } from '../providers/web-push.server.js';
import { aShop } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { anOrder } from '../support/orders.js';
import { findProgram } from '../support/programs.js';

const executablePath = findProgram('chromium', 'chromium-browser', 'google-chrome');

interface BrowserKeys {
  /** `d` of the private key, and the shared secret; base64url. */
  privateKey: string;
  auth: string;
}

let app: TestApp;
let push: WebPushServer;
let site: Server;
let origin: string;

beforeAll(async () => {
  push = await WebPushServer.start();
  site = createServer((request, response) => {
    const isWorker = request.url === '/worker.js';
    response.setHeader('Content-Type', isWorker ? 'text/javascript' : 'text/html');
    workerOfTheDocs().then(
      (script) => response.end(isWorker ? script : '<title>Cliick</title>'),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  app = await createTestApp({ ...push.variables, APP_URL: origin });
});

afterAll(async () => {
  await app.close();
  await push.stop();
  site.close();
  expect(push.faults).toEqual([]);
});

/** The one that the docs give to who builds a page. */
async function workerOfTheDocs(): Promise<string> {
  const text = await readFile(new URL('../../docs/notifications.md', import.meta.url), 'utf8');
  return /```js\n([^]*?)```/.exec(text)![1]!;
}

/** Starts the worker; the page makes the keys of a subscription, as the browser would. */
async function register(page: Page): Promise<BrowserKeys> {
  await page.goto(origin);
  return page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js');
    await navigator.serviceWorker.ready;
    const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
    const pair = await crypto.subtle.generateKey(algorithm, true, ['deriveBits']);
    const { d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
    const auth = crypto.getRandomValues(new Uint8Array(16));
    const url = btoa(String.fromCharCode(...auth));
    return {
      privateKey: d!,
      auth: url.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
    };
  });
}

async function post(page: Page, path: string, sent: { token: string; body: object }) {
  return page.evaluate(
    async ({ url, token, body }) => {
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await fetch(url, init)).status;
    },
    { url: app.url + path, ...sent },
  );
}

function shown(page: Page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const all = await registration.getNotifications();
    return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
  });
}

/** Hands a push to the page's worker, as the browser does with one from its push service. */
async function aDelivery(page: Page): Promise<(data: string) => Promise<void>> {
  const devTools = await page.context().newCDPSession(page);
  let registrationId: string | undefined;
  devTools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    registrationId = registrations.find(({ isDeleted }) => !isDeleted)?.registrationId;
  });
  await devTools.send('ServiceWorker.enable');
  const id = await eventually(() => {
    expect(registrationId).toBeDefined();
    return registrationId!;
  });
  return async (data) => {
    const message = { origin, registrationId: id, data };
    await devTools.send('ServiceWorker.deliverPushMessage', message);
  };
}

/**
 * Real here: the browser, its page, service worker and permission, the CORS call that subscribes, the
 * order, the job, the VAPID signature and the encryption, which the local push service verifies and
 * undoes with the keys that the page has made. Not real: Chromium subscribes nowhere but at its own
 * vendor's service and accepts pushes from there alone, so the page makes the keys in its place, and what
 * was decrypted reaches the worker through DevTools.
 */
describe.skipIf(!executablePath)('web push in a real browser', () => {
  it('shows the order of a customer, and takes it away once it was read elsewhere', async () => {
    const shop = await aShop(app);
    const { owner } = shop;
    const browser: Browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
    try {
      const context = await browser.newContext();
      await context.grantPermissions(['notifications'], { origin });
      const page = await context.newPage();
      const { privateKey, auth } = await register(page);
      const deliver = await aDelivery(page);
      const body = push.subscription('chromium', {
        privateKey: Buffer.from(privateKey, 'base64url'),
        auth: Buffer.from(auth, 'base64url'),
      });
      const sent = { token: owner.token, body };
      expect(await post(page, '/api/notifications/subscribe', sent)).toBe(201);

      const order = await anOrder(app, shop);
      await eventually(() => expect(push.to('chromium')).toHaveLength(1));
      await deliver(JSON.stringify(push.to('chromium')[0]));
      const [notification] = await eventually(async () => {
        const all = await shown(page);
        expect(all).toHaveLength(1);
        return all;
      });
      expect(notification).toMatchObject({
        title: `New order ${order.orderId}`,
        body: 'Aung Aung: 19.99 USD',
        data: { url: `/shops/${shop.id}/orders/${order.id}` },
      });

      await owner.post(`/api/notifications/${notification!.tag}/read`).expect(200);
      await eventually(() => expect(push.to('chromium')).toHaveLength(2));
      await deliver(JSON.stringify(push.to('chromium')[1]));
      await eventually(async () => expect(await shown(page)).toEqual([]));
    } finally {
      await browser.close();
    }
  });
});
