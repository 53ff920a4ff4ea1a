import { Types } from 'mongoose';
import type supertest from 'supertest';
import { type PlatformName, PLATFORMS } from '../../src/integrations/platforms/platform.js';
import { FacebookPagesServer } from '../providers/facebook-pages.server.js';
import { InstagramServer } from '../providers/instagram.server.js';
import { BOT_TOKEN, TelegramServer } from '../providers/telegram.server.js';
import { TiktokServer } from '../providers/tiktok.server.js';
import { VIBER_TOKEN, ViberServer } from '../providers/viber.server.js';
import type { Actor, ShopWorld } from './actors.js';
import type { TestApp } from './app.js';
import { eventually } from './eventually.js';

export const PUBLIC_URL = 'http://api.example';

export interface PlatformServers {
  facebook: FacebookPagesServer;
  instagram: InstagramServer;
  tiktok: TiktokServer;
  telegram: TelegramServer;
  viber: ViberServer;
}

export async function startPlatforms(): Promise<PlatformServers> {
  const [facebook, instagram, tiktok, telegram, viber] = await Promise.all([
    new FacebookPagesServer().start(),
    new InstagramServer().start(),
    new TiktokServer().start(),
    new TelegramServer().start(),
    new ViberServer().start(),
  ]);
  return { facebook, instagram, tiktok, telegram, viber };
}

export function variablesOf(servers: PlatformServers): Record<string, string> {
  return Object.assign({}, ...Object.values(servers).map((one) => one.variables)) as Record<
    string,
    string
  >;
}

export const setCookie = (response: supertest.Response): string =>
  ((response.headers['set-cookie'] ?? []) as unknown as string[])
    .map((line) => line.split(';')[0]!)
    .join('; ');

/** A browser that has set out for a platform. */
export interface SetOut {
  url: string;
  cookie: string;
}

export async function setOut(
  shop: ShopWorld,
  platform: string,
  by: Actor = shop.owner,
): Promise<SetOut> {
  const response = await by.get(`${shop.path}/integrations/${platform}/authorize`).expect(200);
  return { url: response.body.data.url as string, cookie: setCookie(response) };
}

/** What the platform sends the browser back with, once the seller has agreed everywhere. */
export async function agree(
  app: TestApp,
  servers: PlatformServers,
  platform: PlatformName,
  { url, cookie }: SetOut,
): Promise<Record<string, string>> {
  if (platform !== 'telegram' && platform !== 'viber') return servers[platform].agree(url);
  const token = platform === 'telegram' ? BOT_TOKEN : VIBER_TOKEN;
  const pasted = await paste(app, platform, { url, cookie }, token);
  const next = pasted.headers['location'];
  if (!next) throw new Error(`the token was not taken: ${pasted.text}`);
  return platform === 'telegram'
    ? servers.telegram.agree(next)
    : Object.fromEntries(new URL(next).searchParams);
}

export function paste(app: TestApp, platform: string, { url, cookie }: SetOut, token: string) {
  const state = new URL(url).searchParams.get('state')!;
  return app.request
    .post(`/oauth/${platform}/authorize`)
    .set('Cookie', cookie)
    .type('form')
    .send({ state, token });
}

export const comeBack = (app: TestApp, platform: string, query: object, cookie = '') =>
  app.request.get(`/oauth/${platform}/callback`).query(query).set('Cookie', cookie);

/** The message that a result page posts, and to whom. */
export function posted(response: supertest.Response): { message: Record<string, any>; to: string } {
  const [, message = '', to = ''] = /postMessage\((\{.*\}), ("[^"]*")\);/.exec(response.text) ?? [];
  return { message: JSON.parse(message), to: JSON.parse(to) };
}

/** The whole way of a popup. */
export async function connect(
  app: TestApp,
  servers: PlatformServers,
  shop: ShopWorld,
  platform: PlatformName,
): Promise<supertest.Response> {
  const out = await setOut(shop, platform);
  return comeBack(app, platform, await agree(app, servers, platform, out), out.cookie);
}

export async function integrationOf(
  shop: ShopWorld,
  platform: string,
): Promise<Record<string, any>> {
  const { body } = await shop.owner.get(`${shop.path}/integrations`).expect(200);
  return (body.data as Record<string, any>[]).find((one) => one['platform'] === platform)!;
}

/** The row as it is stored. */
export async function rowOf(
  app: TestApp,
  shop: ShopWorld,
  platform: string,
): Promise<Record<string, any> | null> {
  const shopId = Types.ObjectId.createFromHexString(shop.id);
  return app.connection.db!.collection('integrations').findOne({ shopId, platform });
}

/** Waits until the platforms have heard of all that has ended. */
export async function allRevoked(app: TestApp, shop: ShopWorld): Promise<void> {
  await eventually(async () => {
    for (const name of PLATFORMS) {
      const { revoking = [] } = (await rowOf(app, shop, name)) ?? {};
      if (revoking.length > 0) throw new Error(`${name} is still to be told of an end`);
    }
  });
}
