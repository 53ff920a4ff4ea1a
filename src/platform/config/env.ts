import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { FilesEnv } from './files-env.js';
import { isProxyList } from './proxies.js';

export const NODE_ENVS = ['development', 'test', 'production'] as const;
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const HTTP_URL = /^https?:\/\/[^\s/?#]+(?:[/?#]\S*)?$/;
const ORIGIN = /^https?:\/\/[^\s/?#]+$/;
const ORIGIN_LIST = /^https?:\/\/[^\s/?#,]+(?:\s*,\s*https?:\/\/[^\s/?#,]+)*$/;
const KEY_LIST =
  /^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=(?:,[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=)*$/;
const EMAIL_LIST = /^[^\s@,]+@[^\s@,]+(?:\s*,\s*[^\s@,]+@[^\s@,]+)*$/;
const HOST_LIST = /^[A-Za-z0-9.*:_-]+(?:\s*,\s*[A-Za-z0-9.*:_-]+)*$/;

const url = () => Matches(HTTP_URL, { message: 'must be an http(s) URL' });
const origin = () =>
  Matches(ORIGIN, {
    message: 'must be an origin such as https://shop.example (no path, no trailing slash)',
  });

/**
 * Every environment variable the API reads, as strings or numbers, checked at the start.
 * `.env.example` lists the same names; a test holds the two together.
 */
export class Env extends FilesEnv {
  /** TCP port of the API, 0 for any free one. */
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number' })
  @Min(0)
  @Max(65535)
  PORT?: number;

  /** development, test or production. */
  @IsOptional()
  @IsIn(NODE_ENVS)
  NODE_ENV?: (typeof NODE_ENVS)[number];

  /** Directory of the embedded database, of uploaded files and of the generated development secrets. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  DATA_DIR?: string;

  /** MongoDB to use; without it the embedded engine runs. */
  @IsOptional()
  @Matches(/^mongodb(\+srv)?:\/\/\S+$/, { message: 'must be a mongodb:// or mongodb+srv:// URI' })
  MONGODB_URI?: string;

  /** Redis that several API processes share. */
  @IsOptional()
  @Matches(/^rediss?:\/\/\S+$/, { message: 'must be a redis:// or rediss:// URL' })
  REDIS_URL?: string;

  /** Public origin of this API. */
  @IsOptional()
  @origin()
  PUBLIC_URL?: string;

  /** Origin of the single-page app: allowed by CORS, target of postMessage. */
  @IsOptional()
  @origin()
  APP_URL?: string;

  /** More origins allowed with credentials, comma separated. */
  @IsOptional()
  @Matches(ORIGIN_LIST, { message: 'must be origins such as https://a.example,https://b.example' })
  CORS_ORIGINS?: string;

  /** Signs access tokens; at least 32 characters of randomness. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  JWT_SECRET?: string;

  /** Encrypt secrets at rest: id:base64 of 32 bytes, comma separated, the first is current. */
  @IsOptional()
  @Matches(KEY_LIST, { message: 'must be id:key[,id:key...] with each key 32 bytes in base64' })
  ENCRYPTION_KEYS?: string;

  /** Proxies to trust for the client address: a count, or addresses as Express takes them. */
  @IsOptional()
  @MaxLength(500)
  @ValidateBy(
    { name: 'isProxyList', validator: { validate: (value) => isProxyList(String(value)) } },
    { message: 'must be a number of proxies, or their addresses, such as 1 or 10.0.0.0/8' },
  )
  TRUST_PROXY?: string;

  /** Least level that is logged. */
  @IsOptional()
  @IsIn(LOG_LEVELS)
  LOG_LEVEL?: (typeof LOG_LEVELS)[number];

  /** on or off; off is for load tests and refused in production. */
  @IsOptional()
  @IsIn(['on', 'off'])
  RATE_LIMITS?: 'on' | 'off';

  /** Seconds the stopping API still answers, not ready, before it closes its port. */
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number of seconds' })
  @Min(0)
  @Max(300)
  DRAIN_SECONDS?: number;

  /** SMTP server that sends our e-mail, with its credentials. */
  @IsOptional()
  @Matches(/^smtps?:\/\/\S+$/, { message: 'must be an smtp:// or smtps:// URL' })
  SMTP_URL?: string;

  /** Sender of our e-mail. */
  @IsOptional()
  @Matches(/^[^\r\n]{0,100}<?[^\s@<>]+@[^\s@<>]+>?$/, { message: 'must be an e-mail address' })
  MAIL_FROM?: string;

  /** Platform administrators: accounts that have proven one of these addresses; comma separated. */
  @IsOptional()
  @Matches(EMAIL_LIST, { message: 'must be e-mail addresses, comma separated' })
  ADMIN_EMAILS?: string;

  /** Stripe's secret API key. */
  @IsOptional()
  @Matches(/^(sk|rk)_\S+$/, { message: 'must be a Stripe secret key (sk_... or rk_...)' })
  STRIPE_SECRET_KEY?: string;

  /** Signing secret of Stripe's webhook endpoint; while it is changed, both, comma separated. */
  @IsOptional()
  @Matches(/^whsec_[^\s,]+(?:,whsec_[^\s,]+)*$/, {
    message: 'must be a Stripe webhook secret (whsec_...)',
  })
  STRIPE_WEBHOOK_SECRET?: string;

  /** Base URL of Stripe's API. */
  @IsOptional()
  @url()
  STRIPE_API_BASE?: string;

  /** PayPal REST client id. */
  @IsOptional()
  @IsString()
  PAYPAL_CLIENT_ID?: string;

  /** PayPal REST client secret. */
  @IsOptional()
  @IsString()
  PAYPAL_CLIENT_SECRET?: string;

  /** Id of the PayPal webhook, part of what its signatures cover. */
  @IsOptional()
  @IsString()
  PAYPAL_WEBHOOK_ID?: string;

  /** Base URL of PayPal's REST API. */
  @IsOptional()
  @url()
  PAYPAL_API_BASE?: string;

  /** Minutes an order waits for an online payment that was begun, before it is cancelled. */
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number of minutes' })
  @Min(5)
  @Max(43_200)
  PAYMENT_EXPIRY_MINUTES?: number;

  /** Facebook app id. */
  @IsOptional()
  @Matches(/^\d+$/, { message: 'must be the numeric app id' })
  FACEBOOK_APP_ID?: string;

  /** Facebook app secret. */
  @IsOptional()
  @IsString()
  FACEBOOK_APP_SECRET?: string;

  /** Base URL of the Graph API with its version. */
  @IsOptional()
  @url()
  FACEBOOK_GRAPH_BASE?: string;

  /** Base URL of the Facebook login dialog with its version. */
  @IsOptional()
  @url()
  FACEBOOK_DIALOG_BASE?: string;

  /** Token Facebook repeats when it verifies our webhook. */
  @IsOptional()
  @IsString()
  FACEBOOK_VERIFY_TOKEN?: string;

  /** Instagram app id. */
  @IsOptional()
  @Matches(/^\d+$/, { message: 'must be the numeric app id' })
  INSTAGRAM_APP_ID?: string;

  /** Instagram app secret. */
  @IsOptional()
  @IsString()
  INSTAGRAM_APP_SECRET?: string;

  /** One base URL in place of Instagram's three hosts. */
  @IsOptional()
  @url()
  INSTAGRAM_API_BASE?: string;

  /** TikTok client key. */
  @IsOptional()
  @IsString()
  TIKTOK_CLIENT_KEY?: string;

  /** TikTok client secret. */
  @IsOptional()
  @IsString()
  TIKTOK_CLIENT_SECRET?: string;

  /** One base URL in place of TikTok's two hosts. */
  @IsOptional()
  @url()
  TIKTOK_API_BASE?: string;

  /** Telegram Web Login client id (the bot's number). */
  @IsOptional()
  @Matches(/^\d+$/, { message: 'must be the numeric client id' })
  TELEGRAM_CLIENT_ID?: string;

  /** Telegram Web Login client secret. */
  @IsOptional()
  @IsString()
  TELEGRAM_CLIENT_SECRET?: string;

  /** Base URL of Telegram's OpenID Connect provider. */
  @IsOptional()
  @url()
  TELEGRAM_OAUTH_BASE?: string;

  /** Base URL of Telegram's Bot API. */
  @IsOptional()
  @url()
  TELEGRAM_API_BASE?: string;

  /** Base URL of Viber's API. */
  @IsOptional()
  @url()
  VIBER_API_BASE?: string;

  /** Public VAPID key of web push, base64url. */
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{87}$/, { message: 'must be 87 base64url characters' })
  VAPID_PUBLIC_KEY?: string;

  /** Private VAPID key of web push, base64url. */
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'must be 43 base64url characters' })
  VAPID_PRIVATE_KEY?: string;

  /** Contact that push services may use. */
  @IsOptional()
  @Matches(/^(mailto:|https:\/\/)\S+$/, { message: 'must be a mailto: or https: address' })
  VAPID_SUBJECT?: string;

  /** More hosts that push endpoints may name, comma separated. */
  @IsOptional()
  @Matches(HOST_LIST, { message: 'must be host names, comma separated' })
  PUSH_ALLOWED_HOSTS?: string;

  /** Hosts that shops' webhooks may name though they are private, or have no TLS; comma separated. */
  @IsOptional()
  @Matches(HOST_LIST, { message: 'must be host names, comma separated' })
  WEBHOOK_ALLOWED_HOSTS?: string;
}
