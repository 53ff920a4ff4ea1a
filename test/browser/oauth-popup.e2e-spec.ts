import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOSTILE_TEXT } from '../providers/platform.server.js';
import { BOT_TOKEN } from '../providers/telegram.server.js';
import { aShop, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import {
  integrationOf,
  type PlatformServers,
  startPlatforms,
  variablesOf,
} from '../support/platforms.js';
import { findProgram } from '../support/programs.js';

const executablePath = findProgram('chromium', 'chromium-browser', 'google-chrome');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
const PUBLIC_URL = 'http://localhost:9';

/** A page that keeps every message it gets. */
const PAGE = `<!doctype html><title>App</title><script>
window.messages = [];
addEventListener('message', ({ origin, data }) => window.messages.push({ origin, data }));
</script>`;

let servers: PlatformServers;
let pages: Server;
let appOrigin: string;
let foreignOrigin: string;
let app: TestApp;
let shop: ShopWorld;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  if (!executablePath) return;
  servers = await startPlatforms();
  pages = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(PAGE));
  await new Promise<void>((resolve) => {
    pages.listen(0, resolve);
  });
  const { port } = pages.address() as AddressInfo;
  appOrigin = `http://localhost:${port}`;
  foreignOrigin = `http://127.0.0.1:${port}`;
  app = await createTestApp({ ...variablesOf(servers), PUBLIC_URL, APP_URL: appOrigin });
  for (const server of Object.values(servers)) {
    server.reach = (url: string) => url.replace(PUBLIC_URL, app.url);
  }
  shop = await aShop(app);
  browser = await chromium.launch({ executablePath, args: ARGS });
});

afterAll(async () => {
  await browser?.close();
  await app?.close();
  pages?.close();
  await Promise.all(Object.values(servers ?? {}).map((one) => one.stop()));
});

beforeEach(async () => {
  if (!browser) return;
  await context?.close();
  context = await browser.newContext();
});

const back = (platform: string, query: Record<string, string>): string =>
  `${app.url}/oauth/${platform}/callback?${new URLSearchParams(query).toString()}`;

async function openPage(origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

/** What the app does: it asks where to go, with its cookies, and opens a popup there. */
async function openPopup(page: Page, platform: string): Promise<Page> {
  const address = `${app.url}${shop.path}/integrations/${platform}/authorize`;
  const url = await page.evaluate(
    async ([at, token]) => {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(at!, { headers, credentials: 'include' });
      return ((await response.json()) as { data: { url: string } }).data.url;
    },
    [address, shop.owner.token],
  );
  return popupAt(page, url.replace(PUBLIC_URL, app.url));
}

async function popupAt(page: Page, url: string): Promise<Page> {
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(`void window.open(${JSON.stringify(url)}, 'oauth', 'popup')`),
  ]);
  return popup;
}

type Message = { origin: string; data: Record<string, string> };
const messagesOf = (page: Page): Promise<Message[]> => page.evaluate('window.messages');

async function ended(popup: Page): Promise<void> {
  if (!popup.isClosed()) await popup.waitForEvent('close');
}

describe.skipIf(!executablePath)('the popup in a real browser', () => {
  it('comes back from the platform, tells the app at another origin, and closes', async () => {
    const page = await openPage(appOrigin);
    await ended(await openPopup(page, 'facebook'));
    const [message, ...others] = await messagesOf(page);
    expect(others).toEqual([]);
    expect(message).toEqual({
      origin: app.url,
      data: {
        type: 'oauth_callback',
        platform: 'facebook',
        code: expect.stringMatching(/^cliick_/),
      },
    });
    const code = message!.data['code'];
    await shop.owner.post(`${shop.path}/integrations/facebook/connect`, { code }).expect(200);
    expect((await integrationOf(shop, 'facebook'))['isConnected']).toBe(true);
  });

  it('stops at our page for a bot token, and goes on to the platform from there', async () => {
    const page = await openPage(appOrigin);
    const popup = await openPopup(page, 'telegram');
    await popup.getByLabel('Token of your Telegram bot').fill(BOT_TOKEN);
    await popup.getByRole('button').click();
    await ended(popup);
    const [message] = await messagesOf(page);
    expect(message!.data['code']).toMatch(/^cliick_/);
    expect((await integrationOf(shop, 'telegram'))['displayName']).toBe('mya_bot');
  });

  it('tells a foreign opener nothing', async () => {
    const page = await openPage(foreignOrigin);
    const state = Buffer.from(
      JSON.stringify({ shopId: shop.id, platform: 'facebook', timestamp: Date.now(), nonce: 'n' }),
    ).toString('base64');
    await ended(await popupAt(page, back('facebook', { code: 'a-code', state })));
    expect(await messagesOf(page)).toEqual([]);
  });

  it("runs nothing of the platform's error, whatever it says", async () => {
    const page = await openPage(appOrigin);
    const alerts: string[] = [];
    context.on('dialog', (dialog) => {
      alerts.push(dialog.message());
      void dialog.dismiss();
    });
    const query = { error: HOSTILE_TEXT, error_description: HOSTILE_TEXT, state: HOSTILE_TEXT };
    await ended(await popupAt(page, back('facebook', query)));
    const [message] = await messagesOf(page);
    expect(message!.data).toMatchObject({ type: 'oauth_callback', error: 'invalid_state' });
    expect(alerts).toEqual([]);
  });
});
