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

interface Shown {
  title: string;
  body: string;
  tag: string;
  data: unknown;
}

let app: TestApp;
let push: WebPushServer;
let site: Server;
let origin: string;

beforeAll(async () => {
  push = await WebPushServer.start();
  const page = await readFile(new URL('./web-push-page.js', import.meta.url), 'utf8');
  const files: Record<string, [type: string, text: string]> = {
    '/': ['text/html', '<title>Cliick</title><script src="/page.js"></script>'],
    '/page.js': ['text/javascript', page],
    '/worker.js': ['text/javascript', await workerOfTheDocs()],
  };
  site = createServer((request, response) => {
    const [type, text] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.setHeader('Content-Type', type).end(text);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  app = await createTestApp({ ...push.variables, APP_URL: origin });
});

afterAll(async () => {
  await app.close();
  await push.stop();
  site.close();
});

/** The one that the docs give to who builds a page. */
async function workerOfTheDocs(): Promise<string> {
  const text = await readFile(new URL('../../docs/notifications.md', import.meta.url), 'utf8');
  return /```js\n([^]*?)```/.exec(text)![1]!;
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
      await page.goto(origin);
      const { privateKey, auth } = await page.evaluate<BrowserKeys>('makeKeys()');
      const deliver = await aDelivery(page);
      const body = push.subscription('chromium', {
        privateKey: Buffer.from(privateKey, 'base64url'),
        auth: Buffer.from(auth, 'base64url'),
      });
      const sent = JSON.stringify({ api: app.url, token: owner.token, body });
      expect(await page.evaluate(`subscribe(${sent})`)).toBe(201);

      const order = await anOrder(app, shop);
      await eventually(() => expect(push.to('chromium')).toHaveLength(1));
      // DevTools drop what comes while the worker is just starting; the same one again changes nothing.
      const [notification] = await eventually(async () => {
        await deliver(JSON.stringify(push.to('chromium')[0]));
        const all = await page.evaluate<Shown[]>('shown()');
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
      await eventually(async () => {
        await deliver(JSON.stringify(push.to('chromium')[1]));
        expect(await page.evaluate('shown()')).toEqual([]);
      });
    } finally {
      await browser.close();
    }
  });
});
