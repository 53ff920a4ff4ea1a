import type { Env } from './env.js';

/** Facebook, for sign-in as for pages; both bases carry the Graph version. */
export interface FacebookSettings {
  appId: string;
  appSecret: string;
  graphBase: string;
  dialogBase: string;
  /** Undefined: Facebook cannot verify our webhook. */
  verifyToken?: string;
}

/** Instagram with Instagram Login, which has a host for each of its three parts. */
export interface InstagramSettings {
  appId: string;
  appSecret: string;
  dialogBase: string;
  tokenBase: string;
  graphBase: string;
}

export interface TiktokSettings {
  clientKey: string;
  clientSecret: string;
  dialogBase: string;
  apiBase: string;
}

export interface TelegramSettings {
  clientId: string;
  clientSecret: string;
  /** Also the issuer of its id tokens. */
  oauthBase: string;
  apiBase: string;
}

export interface ViberSettings {
  apiBase: string;
}

/** The social platforms; no base ends with a slash, and one without its variables is undefined. */
export interface PlatformSettings {
  readonly facebook?: FacebookSettings;
  readonly instagram?: InstagramSettings;
  readonly tiktok?: TiktokSettings;
  readonly telegram?: TelegramSettings;
  readonly viber: ViberSettings;
}

export function platformSettings(env: Env): PlatformSettings {
  return {
    facebook: facebookSettings(env),
    instagram: instagramSettings(env),
    tiktok: tiktokSettings(env),
    telegram: telegramSettings(env),
    viber: { apiBase: base(env.VIBER_API_BASE, 'https://chatapi.viber.com/pa') },
  };
}

function facebookSettings(env: Env): FacebookSettings | undefined {
  const { FACEBOOK_APP_ID: appId, FACEBOOK_APP_SECRET: appSecret } = env;
  if (!appId || !appSecret) return undefined;
  return {
    appId,
    appSecret,
    graphBase: base(env.FACEBOOK_GRAPH_BASE, 'https://graph.facebook.com/v25.0'),
    dialogBase: base(env.FACEBOOK_DIALOG_BASE, 'https://www.facebook.com/v25.0'),
    verifyToken: env.FACEBOOK_VERIFY_TOKEN,
  };
}

/** One base of its own stands for all three hosts. */
function instagramSettings(env: Env): InstagramSettings | undefined {
  const { INSTAGRAM_APP_ID: appId, INSTAGRAM_APP_SECRET: appSecret } = env;
  if (!appId || !appSecret) return undefined;
  const own = env.INSTAGRAM_API_BASE;
  return {
    appId,
    appSecret,
    dialogBase: base(own, 'https://www.instagram.com'),
    tokenBase: base(own, 'https://api.instagram.com'),
    graphBase: base(own, 'https://graph.instagram.com'),
  };
}

/** One base of its own stands for both hosts. */
function tiktokSettings(env: Env): TiktokSettings | undefined {
  const { TIKTOK_CLIENT_KEY: clientKey, TIKTOK_CLIENT_SECRET: clientSecret } = env;
  if (!clientKey || !clientSecret) return undefined;
  const own = env.TIKTOK_API_BASE;
  return {
    clientKey,
    clientSecret,
    dialogBase: base(own, 'https://www.tiktok.com'),
    apiBase: base(own, 'https://open.tiktokapis.com'),
  };
}

function telegramSettings(env: Env): TelegramSettings | undefined {
  const { TELEGRAM_CLIENT_ID: clientId, TELEGRAM_CLIENT_SECRET: clientSecret } = env;
  if (!clientId || !clientSecret) return undefined;
  return {
    clientId,
    clientSecret,
    oauthBase: base(env.TELEGRAM_OAUTH_BASE, 'https://oauth.telegram.org'),
    apiBase: base(env.TELEGRAM_API_BASE, 'https://api.telegram.org'),
  };
}

function base(own: string | undefined, host: string): string {
  return (own ?? host).replace(/\/+$/, '');
}
