import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.js';
import { anAccount } from './support/bodies.js';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
});

afterAll(() => app.close());

const EVIL = { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site' };
const CLEARED = [/^access_token=; .*Expires=Thu, 01 Jan 1970/, /^refresh_token=; /];

interface SignedIn {
  userId: string;
  sessionId: string;
  token: string;
  access: string;
  refresh: string;
  /** Both, as a browser sends them. */
  cookies: string;
}

async function signIn(): Promise<SignedIn> {
  const { body, headers } = await app.request
    .post('/api/auth/register')
    .send(anAccount())
    .expect(201);
  const token = body.data.token as string;
  const set = headers['set-cookie'] as unknown as string[];
  const [access = '', refresh = ''] = set.map((line) => line.split(';')[0]!);
  const { sub, sid } = decode(token);
  return { userId: sub, sessionId: sid, token, access, refresh, cookies: `${access}; ${refresh}` };
}

const decode = (token: string) =>
  app.nest.get(JwtService, { strict: false }).decode<{ sub: string; sid: string }>(token);

/** The session's access token when its 15 minutes are over. */
const expired = ({ userId, sessionId }: SignedIn): string =>
  app.nest
    .get(JwtService, { strict: false })
    .sign(
      { sub: userId, sid: sessionId, typ: 'access' },
      { issuer: 'cliick', audience: 'cliick-api', expiresIn: -10 },
    );

const signOut = (headers: Record<string, string>) =>
  app.request.post('/api/auth/logout').set(headers);
const setCookies = ({ headers }: { headers: Record<string, unknown> }) =>
  (headers['set-cookie'] ?? []) as string[];
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function expectAlive({ token, cookies }: SignedIn, status: 200 | 401): Promise<void> {
  await app.request.get('/api/auth/me').set(bearer(token)).expect(status);
  await app.request.get('/api/auth/me').set('Cookie', cookies).expect(status);
}

describe('signing out', () => {
  it.each<[string, (one: SignedIn) => Record<string, string>]>([
    ['the Bearer token', ({ token }) => bearer(token)],
    ['both cookies', ({ cookies }) => ({ Cookie: cookies })],
    ['the refresh cookie alone', ({ refresh }) => ({ Cookie: refresh })],
    ['the access cookie alone', ({ access }) => ({ Cookie: access })],
    ['an expired Bearer token', (one) => bearer(expired(one))],
    ['an expired access cookie', (one) => ({ Cookie: `access_token=${expired(one)}` })],
    ['the word of no Bearer token', ({ cookies }) => ({ ...bearer('null'), Cookie: cookies })],
  ])('with %s ends the session and clears the cookies', async (_, headersOf) => {
    const one = await signIn();
    const answer = await signOut(headersOf(one)).expect(200);
    expect(answer.body).toEqual({ success: true, data: { done: true } });
    expect(setCookies(answer)).toEqual(CLEARED.map((line) => expect.stringMatching(line)));
    await expectAlive(one, 401);
  });

  it('with nothing, nonsense or a session that has ended clears the cookies too (200)', async () => {
    const ended = await signIn();
    await signOut({ Cookie: ended.cookies }).expect(200);
    for (const headers of [
      {},
      { Cookie: 'access_token=x; refresh_token=y' },
      bearer('nonsense'),
      { Cookie: ended.cookies },
      { ...bearer(ended.token), Cookie: ended.cookies },
    ] as Record<string, string>[]) {
      expect(setCookies(await signOut(headers).expect(200))).toHaveLength(2);
    }
  });

  it("with one's Bearer token and another's cookies ends both", async () => {
    const [mine, other] = [await signIn(), await signIn()];
    const answer = await signOut({ ...bearer(mine.token), Cookie: other.cookies }).expect(200);
    expect(setCookies(answer)).toHaveLength(2);
    await expectAlive(mine, 401);
    await expectAlive(other, 401);
  });

  it('from a page of another site ends what its Bearer token is of, and touches no cookie', async () => {
    const [mine, other] = [await signIn(), await signIn()];
    const headers = { ...EVIL, ...bearer(mine.token), Cookie: other.cookies };
    expect(setCookies(await signOut(headers).expect(200))).toEqual([]);
    await expectAlive(mine, 401);
    await expectAlive(other, 200);
  });

  it('from a page of another site by cookies alone is refused (403)', async () => {
    const victim = await signIn();
    for (const extra of [{}, bearer('null')]) {
      const answer = await signOut({ ...EVIL, ...extra, Cookie: victim.cookies }).expect(403);
      expect(answer.body.code).toBe('cross_site');
      expect(setCookies(answer)).toEqual([]);
    }
    await expectAlive(victim, 200);
  });

  it('with forged tokens ends nothing', async () => {
    const victim = await signIn();
    const [head, payload] = victim.token.split('.');
    await signOut(bearer(`${head}.${payload}.AAAA`)).expect(200);
    await signOut({ Cookie: `refresh_token=${victim.sessionId}.1.${'A'.repeat(43)}` }).expect(200);
    await expectAlive(victim, 200);
  });

  it('with a refresh cookie that was exchanged long ago ends its session too', async () => {
    const mine = await signIn();
    let cookies = mine.cookies;
    for (let turn = 0; turn < 2; turn++) {
      const renewed = await app.request
        .post('/api/auth/refresh')
        .set('Cookie', cookies)
        .expect(200);
      const set = renewed.headers['set-cookie'] as unknown as string[];
      cookies = set.map((line) => line.split(';')[0]).join('; ');
    }
    const [old] = mine.cookies.match(/refresh_token=[^;]+/)!;
    await signOut({ Cookie: old }).expect(200);
    await expectAlive(mine, 401);
  });
});
