import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadAppConfig } from './app-config.js';
import { Env } from './env.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cliick-config-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const aKey = (id = 'k1'): string => `${id}:${randomBytes(32).toString('base64')}`;

function production(overrides: Record<string, string | undefined> = {}) {
  return {
    NODE_ENV: 'production',
    DATA_DIR: directory,
    JWT_SECRET: randomBytes(36).toString('base64'),
    ENCRYPTION_KEYS: aKey(),
    PUBLIC_URL: 'https://api.example',
    APP_URL: 'https://app.example',
    ...overrides,
  };
}

function linesOf(environment: Record<string, string | undefined>): string[] {
  try {
    loadAppConfig({ DATA_DIR: directory, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('needs no variable in development, and makes the secrets once', () => {
    const first = loadAppConfig({ DATA_DIR: directory });
    const second = loadAppConfig({ DATA_DIR: directory });
    expect(first.port).toBe(8080);
    expect(first.secretsGenerated).toBe(true);
    expect(second.secretsGenerated).toBe(false);
    expect(second.jwtSecret).toBe(first.jwtSecret);
    expect(second.encryptionKeys[0]?.key).toHaveLength(32);
    expect(statSync(join(directory, 'dev-secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('makes the VAPID keys once in development, and never in production', () => {
    const first = loadAppConfig({ DATA_DIR: directory }).push!;
    expect(loadAppConfig({ DATA_DIR: directory }).push).toEqual(first);
    expect(first.publicKey).toMatch(/^[\w-]{87}$/);
    expect(first.privateKey).toMatch(/^[\w-]{43}$/);
    expect(statSync(join(directory, 'dev-vapid.json')).mode & 0o777).toBe(0o600);
    expect(loadAppConfig(production()).push).toBeUndefined();
    const { publicKey, privateKey } = first;
    const set = { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey };
    expect(loadAppConfig(production(set)).push).toEqual({
      ...first,
      subject: 'https://api.example',
    });
  });

  it('wants both VAPID keys or none', () => {
    const half = linesOf({ VAPID_PUBLIC_KEY: 'x'.repeat(87) });
    expect(half).toEqual([expect.stringMatching(/^VAPID_PRIVATE_KEY is missing/)]);
  });

  it('does not replace damaged development secrets', () => {
    writeFileSync(join(directory, 'dev-secrets.json'), '{');
    expect(linesOf({})).toEqual([
      expect.stringMatching(/^DATA_DIR .*dev-secrets\.json is damaged/),
    ]);
  });

  it.each([
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['NODE_ENV', 'staging'],
    ['MONGODB_URI', 'postgres://x'],
    ['REDIS_URL', 'localhost:6379'],
    ['PUBLIC_URL', 'api.example'],
    ['PUBLIC_URL', 'https://api.example/'],
    ['APP_URL', 'https://app.example/path'],
    ['CORS_ORIGINS', 'https://a.example,nonsense'],
    ['JWT_SECRET', 'short'],
    ['JWT_SECRET', 'a'.repeat(64)],
    ['ENCRYPTION_KEYS', 'k1:short'],
    ['ENCRYPTION_KEYS', `${aKey('k1')},${aKey('k1')}`],
    ['TRUST_PROXY', '$(id)'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '999'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['TRUST_PROXY', 'loopback,proxy.example'],
    ['ADMIN_EMAILS', 'mya@example.com,aung'],
    ['LOG_LEVEL', 'loud'],
    ['RATE_LIMITS', 'maybe'],
    ['DRAIN_SECONDS', '-1'],
    ['SMTP_URL', 'mail.example'],
    ['MAIL_FROM', 'nobody'],
    ['STRIPE_SECRET_KEY', 'pk_test_1'],
    ['STRIPE_WEBHOOK_SECRET', 'secret'],
    ['STRIPE_API_BASE', 'stripe'],
    ['PAYPAL_API_BASE', 'ftp://x'],
    ['FACEBOOK_APP_ID', 'abc'],
    ['FACEBOOK_GRAPH_BASE', 'graph'],
    ['FACEBOOK_DIALOG_BASE', 'dialog'],
    ['INSTAGRAM_APP_ID', 'abc'],
    ['INSTAGRAM_API_BASE', 'x'],
    ['TIKTOK_API_BASE', 'x'],
    ['TELEGRAM_CLIENT_ID', 'bot'],
    ['TELEGRAM_OAUTH_BASE', 'x'],
    ['TELEGRAM_API_BASE', 'x'],
    ['VIBER_API_BASE', 'x'],
    ['VAPID_PUBLIC_KEY', 'x'],
    ['VAPID_PRIVATE_KEY', 'x'],
    ['VAPID_SUBJECT', 'me'],
    ['PUSH_ALLOWED_HOSTS', 'https://x'],
    ['OPERATOR_TOKEN', 'short'],
    ['SLOW_QUERY_MS', '0'],
    ['SENTRY_DSN', 'https://sentry.example'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['MEDIA_SHOP_LIMIT_MB', '0'],
    ['S3_BUCKET', 'A bucket'],
    ['S3_BUCKET', 'without-its-keys'],
    ['S3_REGION', 'Europe'],
    ['S3_ENDPOINT', 's3.example'],
    ['S3_PATH_STYLE', 'yes'],
    ['WEBHOOK_ALLOWED_HOSTS', 'https://x'],
  ])('stops at %s=%s with one line that names it', (name, value) => {
    const lines = linesOf({ [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${name} \\S+ .{5,}`));
    expect(lines[0]).not.toContain('\n');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(linesOf({ PORT: '', MONGODB_URI: ' ' })).toEqual([]);
  });

  it.each(['0', '2', '10.1.2.3', '::1/128', 'loopback, 10.0.0.0/8,fd00::/8'])(
    'takes %j for the proxies, as Express does',
    (value) => {
      const { trustProxy } = loadAppConfig(production({ TRUST_PROXY: value }));
      expect(() => express().set('trust proxy', trustProxy)).not.toThrow();
    },
  );

  it('starts in production with strong secrets', () => {
    const config = loadAppConfig(production({ TRUST_PROXY: '1' }));
    expect(config.production).toBe(true);
    expect(config.secretsGenerated).toBe(false);
    expect(config.trustProxy).toBe(1);
  });

  it.each([
    ['JWT_SECRET', undefined],
    ['ENCRYPTION_KEYS', undefined],
    ['ENCRYPTION_KEYS', `k1:${Buffer.alloc(32).toString('base64')}`],
    ['PUBLIC_URL', undefined],
    ['APP_URL', undefined],
    ['RATE_LIMITS', 'off'],
  ])('refuses production with %s=%s', (name, value) => {
    expect(linesOf(production({ [name]: value }))).toEqual([expect.stringMatching(`^${name} `)]);
  });

  it('describes every variable in .env.example with one line of purpose', () => {
    const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
    const described = [...example.matchAll(/^# .{10,}\n#?([A-Z0-9_]+)=/gm)].map(([, name]) => name);
    const known = new Set(
      getMetadataStorage()
        .getTargetValidationMetadatas(Env, '', false, false)
        .map(({ propertyName }) => propertyName),
    );
    expect(described).toHaveLength(known.size);
    expect(new Set(described)).toEqual(known);
  });
});
