import { resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { loadDevSecrets } from './dev-secrets.js';
import { loadDevVapidKeys, type VapidKeys } from './dev-vapid-keys.js';
import { Env, type LOG_LEVELS } from './env.js';
import {
  type PaypalSettings,
  paypalSettings,
  type StripeSettings,
  stripeSettings,
} from './payment-settings.js';
import { type PlatformSettings, platformSettings } from './platform-settings.js';
import { type S3Settings, s3Settings } from './s3-settings.js';
import { list, withoutSlash } from './values.js';

const MIN_SECRET_CHARACTERS = 32;
const MIN_SECRET_DISTINCT_CHARACTERS = 10;
const DEFAULT_PORT = 8080;
const PRODUCTION_DRAIN_SECONDS = 5;
const DEFAULT_PAYMENT_EXPIRY_MINUTES = 60;
const DEFAULT_SLOW_QUERY_MS = 200;
const DEFAULT_SHOP_FILES_MB = 2_048;

/** A wrong environment: each line names a variable and says what to do. */
export class ConfigError extends Error {
  constructor(readonly lines: string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
  }
}

export interface EncryptionKey {
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

export interface PushSettings extends VapidKeys {
  /** Whom a push service may write to. */
  subject: string;
}

/** The settings of this process, typed and complete; made once, before anything else starts. */
export class AppConfig {
  readonly production: boolean;
  readonly port: number;
  /** Absolute path. */
  readonly dataDirectory: string;
  /** Without it the embedded engine runs. */
  readonly mongodbUri?: string;
  readonly redisUrl?: string;
  /** Origin of this API; without it that of the port. */
  readonly publicUrl?: string;
  /** Origins allowed with credentials; the first is the app. */
  readonly appOrigins: string[];
  /** Without it e-mail is written to the log, and refused in production. */
  readonly smtpUrl?: string;
  readonly mailFrom: string;
  /** In lower case: whoever has proven one of them administers the platform. */
  readonly adminEmails: string[];
  readonly jwtSecret: string;
  /** The first encrypts, all decrypt. */
  readonly encryptionKeys: EncryptionKey[];
  readonly secretsGenerated: boolean;
  readonly trustProxy?: number | string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly rateLimits: boolean;
  readonly drainSeconds: number;
  readonly platforms: PlatformSettings;
  /** Undefined without Stripe's secret key. */
  readonly stripe?: StripeSettings;
  /** Undefined without PayPal's client id and secret. */
  readonly paypal?: PaypalSettings;
  /** How long an order waits for an online payment that was begun. */
  readonly paymentExpiryMinutes: number;
  /** Undefined: operators' routes are open in development and closed in production. */
  readonly operatorToken?: string;
  readonly slowQueryMs: number;
  /** Undefined: bugs are told to the log alone. */
  readonly sentryDsn?: string;
  /** Base URL of a collector, without a slash at its end; undefined: no traces. */
  readonly tracesEndpoint?: string;
  readonly serviceName: string;
  /** Bytes of files that a shop may store. */
  readonly shopFilesLimit: number;
  /** Undefined: files are kept below `dataDirectory`. */
  readonly s3?: S3Settings;
  /** Undefined in production without the VAPID keys. */
  readonly push?: PushSettings;
  /** Beside those of the known push services. */
  readonly pushAllowedHosts: string[];
  readonly webhookAllowedHosts: string[];

  constructor(values: Omit<AppConfig, 'ownOrigin'>) {
    Object.assign(this, values);
  }

  /** Origin at which others reach this API. */
  get ownOrigin(): string {
    return this.publicUrl ?? `http://localhost:${this.port}`;
  }
}

/**
 * Reads and checks the environment, after the `.env` file beside it when there is one (variables
 * that are set win). In development missing secrets are made once under DATA_DIR.
 * @throws ConfigError naming every wrong variable
 */
export function loadAppConfig(
  environment: Record<string, string | undefined> = environmentWithFile(),
): AppConfig {
  const env = parse(environment);
  const production = env.NODE_ENV === 'production';
  const dataDirectory = dataDirectoryOf(env);
  if (production) requireForProduction(env);
  const secrets = env.JWT_SECRET && env.ENCRYPTION_KEYS ? undefined : loadSecrets(dataDirectory);
  const trustProxy = env.TRUST_PROXY;
  return new AppConfig({
    production,
    port: env.PORT ?? DEFAULT_PORT,
    dataDirectory,
    mongodbUri: env.MONGODB_URI,
    redisUrl: env.REDIS_URL,
    publicUrl: env.PUBLIC_URL,
    appOrigins: [...new Set([env.APP_URL ?? 'http://localhost:5173', ...list(env.CORS_ORIGINS)])],
    smtpUrl: env.SMTP_URL,
    mailFrom: env.MAIL_FROM ?? 'Cliick <no-reply@localhost>',
    adminEmails: list(env.ADMIN_EMAILS).map((email) => email.toLowerCase()),
    jwtSecret: env.JWT_SECRET ?? secrets!.jwtSecret,
    encryptionKeys: parseKeys(env.ENCRYPTION_KEYS ?? secrets!.encryptionKeys),
    secretsGenerated: secrets?.generated ?? false,
    trustProxy: trustProxy && /^\d+$/.test(trustProxy) ? Number(trustProxy) : trustProxy,
    logLevel: env.LOG_LEVEL ?? 'info',
    rateLimits: env.RATE_LIMITS !== 'off',
    drainSeconds: env.DRAIN_SECONDS ?? (production ? PRODUCTION_DRAIN_SECONDS : 0),
    platforms: platformSettings(env),
    stripe: stripeSettings(env),
    paypal: paypalSettings(env),
    paymentExpiryMinutes: env.PAYMENT_EXPIRY_MINUTES ?? DEFAULT_PAYMENT_EXPIRY_MINUTES,
    operatorToken: env.OPERATOR_TOKEN,
    slowQueryMs: env.SLOW_QUERY_MS ?? DEFAULT_SLOW_QUERY_MS,
    sentryDsn: env.SENTRY_DSN,
    tracesEndpoint:
      env.OTEL_EXPORTER_OTLP_ENDPOINT && withoutSlash(env.OTEL_EXPORTER_OTLP_ENDPOINT),
    serviceName: env.OTEL_SERVICE_NAME ?? 'cliick',
    shopFilesLimit: (env.MEDIA_SHOP_LIMIT_MB ?? DEFAULT_SHOP_FILES_MB) * 1024 * 1024,
    s3: s3Settings(env),
    push: pushSettings(env, dataDirectory),
    pushAllowedHosts: list(env.PUSH_ALLOWED_HOSTS),
    webhookAllowedHosts: list(env.WEBHOOK_ALLOWED_HOSTS),
  });
}

/**
 * Where the data are, for what needs no secrets and so makes none.
 * @throws ConfigError naming every wrong variable
 */
export function loadDataPlaces(
  environment = environmentWithFile(),
): Pick<AppConfig, 'dataDirectory' | 'mongodbUri'> {
  const env = parse(environment);
  return { dataDirectory: dataDirectoryOf(env), mongodbUri: env.MONGODB_URI };
}

const dataDirectoryOf = ({ DATA_DIR }: Env): string => resolve(DATA_DIR ?? '.data');

/** The process's variables for a child process of ours. */
export function processEnvironment(): Record<string, string | undefined> {
  return process.env;
}

function environmentWithFile(): Record<string, string | undefined> {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new ConfigError([`.env cannot be read: ${(error as Error).message}`]);
    }
  }
  return process.env;
}

function parse(environment: Record<string, string | undefined>): Env {
  // A variable set to nothing counts as not set: compose files write them so.
  const set = Object.entries(environment).filter(([, value]) => value?.trim());
  const env = plainToInstance(Env, Object.fromEntries(set));
  const errors = validateSync(env, { whitelist: true });
  const lines = errors.map(
    ({ property, constraints }) =>
      `${property} ${Object.values(constraints ?? {})[0]?.replace(`${property} `, '')}`,
  );
  for (const name of ['JWT_SECRET', 'OPERATOR_TOKEN'] as const) {
    const secret = env[name];
    if (secret && isWeak(secret)) lines.push(`${name} ${STRONG_SECRET}`);
  }
  if (env.S3_BUCKET && lines.length === 0 && !(env.S3_ACCESS_KEY_ID && env.S3_SECRET_ACCESS_KEY)) {
    lines.push('S3_BUCKET needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY beside it: set both');
  }
  if (errors.length === 0 && !env.VAPID_PUBLIC_KEY !== !env.VAPID_PRIVATE_KEY) {
    const missing = env.VAPID_PUBLIC_KEY ? 'VAPID_PRIVATE_KEY' : 'VAPID_PUBLIC_KEY';
    lines.push(`${missing} is missing: both keys are one pair, set both or none`);
  }
  if (hasDuplicateKeyId(env.ENCRYPTION_KEYS)) lines.push('ENCRYPTION_KEYS names a key id twice');
  if (lines.length > 0) throw new ConfigError(lines);
  return env;
}

const STRONG_SECRET =
  `must be at least ${MIN_SECRET_CHARACTERS} random characters: ` +
  `make one with \`openssl rand -base64 48\``;

function isWeak(secret: string): boolean {
  return (
    secret.length < MIN_SECRET_CHARACTERS || new Set(secret).size < MIN_SECRET_DISTINCT_CHARACTERS
  );
}

function requireForProduction(env: Env): void {
  const lines: string[] = [];
  if (!env.JWT_SECRET) lines.push(`JWT_SECRET is missing: it ${STRONG_SECRET}`);
  if (!env.ENCRYPTION_KEYS) {
    lines.push(
      'ENCRYPTION_KEYS is missing: set it to k1:$(openssl rand -base64 32), and keep a copy',
    );
  }
  if (!env.PUBLIC_URL) lines.push("PUBLIC_URL is missing: set it to this API's public origin");
  if (!env.APP_URL) lines.push("APP_URL is missing: set it to the app's origin");
  if (env.RATE_LIMITS === 'off') lines.push('RATE_LIMITS must not be off in production: remove it');
  for (const { key } of parseKeys(env.ENCRYPTION_KEYS ?? '')) {
    if (new Set(key).size < MIN_SECRET_DISTINCT_CHARACTERS) {
      lines.push('ENCRYPTION_KEYS holds a weak key: make one with `openssl rand -base64 32`');
    }
  }
  if (lines.length > 0) throw new ConfigError(lines);
}

function loadSecrets(dataDirectory: string): ReturnType<typeof loadDevSecrets> {
  return inDataDirectory(dataDirectory, loadDevSecrets);
}

function pushSettings(env: Env, dataDirectory: string): PushSettings | undefined {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey } = env;
  const subject = env.VAPID_SUBJECT ?? env.PUBLIC_URL?.replace(/^http:/, 'https:');
  const own = { subject: subject ?? 'mailto:operator@localhost' };
  if (publicKey && privateKey) return { publicKey, privateKey, ...own };
  if (env.NODE_ENV === 'production') return undefined;
  return { ...inDataDirectory(dataDirectory, loadDevVapidKeys), ...own };
}

function inDataDirectory<T>(dataDirectory: string, load: (directory: string) => T): T {
  try {
    return load(dataDirectory);
  } catch (error) {
    throw new ConfigError([
      `DATA_DIR ${dataDirectory} cannot hold the development secrets (${(error as Error).message}): ` +
        'point DATA_DIR at a directory this user can write',
    ]);
  }
}

function parseKeys(text: string): EncryptionKey[] {
  return list(text).map((entry) => {
    const [id = '', key = ''] = entry.split(':');
    return { id, key: Buffer.from(key, 'base64') };
  });
}

function hasDuplicateKeyId(text: string | undefined): boolean {
  const ids = parseKeys(text ?? '').map(({ id }) => id);
  return new Set(ids).size < ids.length;
}
