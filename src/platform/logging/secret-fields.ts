/** Fields that never reach the log. */
export const SECRET_FIELDS = [
  'password',
  'passwordHash',
  'currentPassword',
  'token',
  'accessToken',
  'refreshToken',
  'idToken',
  'clientSecret',
  'secret',
  'authorization',
  'cookie',
  'set-cookie',
];

/** What OAuth, webhooks, our links and signed addresses carry in a query besides; in a log line these are harmless. */
const SECRET_PARAMETERS = ['code', 'state', 'codeVerifier', 'handle', 'signature', 'verifyToken'];

const SECRET_NAMES = new Set([...SECRET_FIELDS, ...SECRET_PARAMETERS].map(bare));

/**
 * Whether a parameter of a query is secret, in any case and spelling: `refresh_token` as well as
 * `refreshToken`, and as part of a longer name such as `user[password]`.
 */
export function isSecretParameter(name: string): boolean {
  return name.split(/[[\].]/).some((part) => SECRET_NAMES.has(bare(part)));
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
