/** Fields that must never leave: the database's own, and what is secret at rest. */
const FORBIDDEN_FIELD = /^(_id|__v)$|hash|secret|refreshToken|accessToken/i;
/** The answers whose purpose is to hand out a token. */
const HANDS_OUT_TOKEN =
  /^\/api\/auth\/(register|login|refresh|facebook\/link)$|^\/api\/public\/shops\/[^/]+\/(forms\/[^/]+\/submissions|conversations)$/;
/** The answers that let the payer pay. */
const HANDS_OUT_CLIENT_SECRET = /\/payments(\/intent|\/confirm)?$/;
/** The answers that show once what a webhook is verified by. */
const HANDS_OUT_SIGNING_SECRET = /^\/api\/shops\/[^/]+\/webhooks(\/[^/]+\/secret)?$/;
const SIGNS_IN = /^\/api\/auth\/(register|login|refresh|facebook\/link)$/;
/** What nothing may hold, a cookie neither: a password's hash, the tests' password, providers' tokens. */
const NEVER_SENT =
  /\$argon2|a long pass phrase|EAA[0-9a-f]{40}|A21AA[\w-]{20}|IG[QL][0-9a-f]{40}|(?:act|rft)\.[0-9a-f]{40}/;
/** An access token, a refresh token, what a payer pays with, what a webhook is verified by. */
const TOKEN =
  /eyJ[\w-]{10,}\.[\w-]{10,}|[0-9a-f]{24}\.\d+\.[\w-]{43}|_secret_\w{8}|whsec_[\w-]{43}/;
/** Of a link, an invitation, a state, a handle: 32 random bytes in base64url. */
const ONE_TIME_SECRET =
  /(?<![\w-])(?:cliick_)?(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{43}(?![\w-])/;
/** May be as long by chance. */
const CURSOR = /("nextCursor":"|\bcursor=)[\w%-]*/g;
/** Development reads its mail in the log, with the links. */
const MAIL_IN_LOG = 'mail not sent, as no SMTP_URL is set';
/** Where a browser on its way to a platform or back gets a one-time secret. */
const ON_THE_WAY =
  /^\/api\/auth\/facebook(\/callback)?$|^\/oauth\/\w+\/(authorize|callback)$|^\/api\/shops\/[^/]+\/integrations\/\w+\/authorize$/;
const HANDED_TO_BROWSER =
  /([?&](?:state|code|code_challenge)=|[#&]handle=|"handle":"|"code":"cliick_|name="state" value=")[\w-]{43}/g;

type Headers = Record<string, unknown>;

/** What came back, as supertest has it. */
export interface Answer {
  body: unknown;
  text?: string;
  headers: Headers;
}

/** What of a process's variables must be read nowhere: keys, secrets, passwords of addresses. */
export function secretsOf(variables: Record<string, string | undefined>): string[] {
  const secrets = Object.entries(variables).flatMap(([name, value = '']) => {
    const isSecret = /SECRET|PASSWORD|TOKEN|KEYS?$/.test(name) && !/PUBLIC|CLIENT_KEY/.test(name);
    // An encryption key stands behind its id.
    if (isSecret) return value.split(',').map((one) => one.split(':').at(-1)!);
    return /^\w+(?:\+\w+)?:\/\/[^:/@]*:([^@/]+)@/.exec(value)?.[1] ?? [];
  });
  const plain = secrets.flatMap((secret) => [secret, decodeURIComponent(secret)]);
  return [...new Set(plain)].filter(Boolean);
}

/** Gathers what leaks through the answers, the sockets and the output of one application. */
export class LeakCheck {
  private readonly found = new Set<string>();

  /** @param canaries secrets of this run that must be read nowhere */
  constructor(private readonly canaries: string[]) {}

  /** @param sent headers of the request: who asks for a refresh token in the body may get it */
  answer(path: string, { body, text = '', headers }: Answer, sent: Headers = {}): void {
    const plain = path.split('?')[0]!;
    const where = `answer of ${plain}`;
    const isDocs = plain.startsWith('/docs');
    for (const [name, value] of Object.entries(headers)) {
      this.header(`header ${name} of the ${where}`, name, withoutShown(plain, String(value)));
    }
    this.search(where, text);
    if (isDocs) return;
    const known = this.withoutHandedOut(plain, body, sent);
    // A page or a file is parsed to nothing.
    this.written(where, withoutShown(plain, isEmpty(body) ? text : JSON.stringify(known)));
    this.walk(known, plain, '');
  }

  /** What a client heard at a socket. */
  frame(event: string, data: unknown): void {
    this.written(`frame ${event}`, JSON.stringify(data) ?? '');
    this.walk(data, `frame ${event}`, '');
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

  private header(place: string, name: string, value: string): void {
    // Cookies are where tokens belong, and an ETag is a digest.
    if (name !== 'set-cookie' && name !== 'etag') this.written(place, value);
    else if (NEVER_SENT.test(value)) this.found.add(`${place}: ${value}`);
    this.search(place, value);
  }

  private withoutHandedOut(path: string, body: unknown, sent: Headers): unknown {
    if (typeof body !== 'object' || body === null || !('data' in body)) return body;
    if (typeof body.data !== 'object' || body.data === null) return body;
    const data: Record<string, unknown> = { ...body.data };
    if (HANDS_OUT_TOKEN.test(path)) delete data['token'];
    if (HANDS_OUT_SIGNING_SECRET.test(path)) delete data['secret'];
    if (SIGNS_IN.test(path) && sent['X-Token-Transport'] === 'body') delete data['refreshToken'];
    return { ...body, data: Array.isArray(body.data) ? body.data : data };
  }

  private written(where: string, text: string): void {
    const plain = text.replace(CURSOR, '$1');
    const isOneTime = ONE_TIME_SECRET.test(plain) && !text.includes(MAIL_IN_LOG);
    if (isOneTime || TOKEN.test(plain) || NEVER_SENT.test(text)) {
      this.found.add(`${where}: ${text.slice(0, 1_000)}`);
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
      const isForPayer =
        key === 'clientSecret' && (inner === null || HANDS_OUT_CLIENT_SECRET.test(path));
      if (key === 'token' || (FORBIDDEN_FIELD.test(key) && !isForPayer)) {
        this.found.add(`${path}: ${where}`);
      }
      this.walk(inner, path, where);
    }
  }
}

/** The text of an answer without what it is there to show. */
function withoutShown(path: string, text: string): string {
  if (HANDS_OUT_CLIENT_SECRET.test(path)) return text.replace(/"clientSecret":"[^"]*"/g, '');
  return ON_THE_WAY.test(path) ? text.replace(HANDED_TO_BROWSER, '$1') : text;
}

function isEmpty(body: unknown): boolean {
  return typeof body !== 'object' || body === null || Object.keys(body).length === 0;
}
