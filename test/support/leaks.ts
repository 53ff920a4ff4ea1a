/** Fields that must never leave: the database's own, and what is secret at rest. */
const FORBIDDEN_FIELD = /^(_id|__v)$|hash|secret|refreshToken|accessToken/i;
/** The answers whose purpose is to hand out a token. */
const HANDS_OUT_TOKEN =
  /^\/api\/auth\/(register|login|refresh|facebook\/link)$|^\/api\/public\/shops\/[^/]+\/(forms\/[^/]+\/submissions|conversations)$/;
/** The answers that let the payer pay. */
const HANDS_OUT_CLIENT_SECRET = /\/payments(\/intent|\/confirm)?$/;
const SIGNS_IN = /^\/api\/auth\/(register|login|refresh|facebook\/link)$/;
/** An access token, a refresh token, a password's hash, the password of the tests, one of Facebook's. */
const SECRET_TEXT =
  /eyJ[\w-]{10,}\.[\w-]{10,}|[0-9a-f]{24}\.\d+\.[\w-]{43}|\$argon2|a long pass phrase|EAA[0-9a-f]{40}/;
/** Of a link, an invitation, a state: 32 random bytes in base64url. */
const ONE_TIME_SECRET = /(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{43}(?![\w-])/;
/** Development reads its mail in the log, with the links. */
const MAIL_IN_LOG = 'mail not sent, as no SMTP_URL is set';

/** Gathers what leaks through the answers and the log of one application. */
export class LeakCheck {
  private readonly found = new Set<string>();

  /** @param canaries secrets of this run that must be read nowhere */
  constructor(private readonly canaries: string[]) {}

  /** @param headers those of the request: who asks for a refresh token in the body may get it */
  answer(path: string, body: unknown, headers: Record<string, unknown> = {}): void {
    const plain = path.split('?')[0]!;
    this.search(`answer of ${plain}`, JSON.stringify(body) ?? '');
    if (plain.startsWith('/docs')) return;
    const asked = headers['X-Token-Transport'] === 'body' && SIGNS_IN.test(plain);
    const { refreshToken: _, ...rest } = (asked && (body as any).data) || {};
    this.walk(asked ? { data: rest } : body, plain, '');
  }

  /** What goes out beside the logger, by whatever way. */
  output(text: string): void {
    this.written('output', text);
  }

  /** Fails when anything leaked, naming where. */
  assertNone(logs: object[]): void {
    for (const line of logs) this.written('log', JSON.stringify(line));
    if (this.found.size > 0) throw new Error(`Leaked: ${[...this.found].join('\n')}`);
  }

  private written(where: string, text: string): void {
    const isMail = text.includes(MAIL_IN_LOG);
    if (SECRET_TEXT.test(text) || (!isMail && ONE_TIME_SECRET.test(text))) {
      this.found.add(`${where}: ${text}`);
    }
    this.search(where, text);
  }

  private search(where: string, text: string): void {
    if (this.canaries.some((canary) => text.includes(canary))) {
      this.found.add(`${where}: a canary in ${text.slice(0, 500)}`);
    }
  }

  private walk(value: unknown, path: string, at: string): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const where = `${at}.${key}`;
      const token = key === 'token' && !(where === '.data.token' && HANDS_OUT_TOKEN.test(path));
      const isForPayer =
        key === 'clientSecret' && (inner === null || HANDS_OUT_CLIENT_SECRET.test(path));
      if (token || (FORBIDDEN_FIELD.test(key) && !isForPayer)) this.found.add(`${path}: ${where}`);
      this.walk(inner, path, where);
    }
  }
}
