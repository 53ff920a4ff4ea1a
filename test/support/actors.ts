import type supertest from 'supertest';
import type { TestApp } from './app.js';
import { aShopBody, anAccount } from './bodies.js';

type Call = (path: string, body?: object) => supertest.Test;

/** A signed-in person and their authorised client. */
export interface Actor {
  userId: string;
  username: string;
  token: string;
  get: Call;
  post: Call;
  put: Call;
  delete: Call;
}

/** A shop with one member of each role, and somebody who has nothing to do with it. */
export interface ShopWorld {
  id: string;
  slug: string;
  /** `/api/shops/<id>` */
  path: string;
  owner: Actor;
  admin: Actor;
  manager: Actor;
  agent: Actor;
  outsider: Actor;
}

export async function aUser(app: TestApp): Promise<Actor> {
  const account = anAccount();
  const { body } = await app.request.post('/api/auth/register').send(account).expect(201);
  const { user, token } = body.data as { user: { id: string }; token: string };
  const authorised =
    (method: 'get' | 'post' | 'put' | 'delete'): Call =>
    (path, sent) => {
      const request = app.request[method](path).set('Authorization', `Bearer ${token}`);
      return sent === undefined ? request : request.send(sent);
    };
  return {
    userId: user.id,
    username: account.username,
    token,
    get: authorised('get'),
    post: authorised('post'),
    put: authorised('put'),
    delete: authorised('delete'),
  };
}

type Staff = Pick<ShopWorld, 'admin' | 'manager' | 'agent' | 'outsider'>;

const staffOf = new WeakMap<TestApp, Promise<Staff>>();

/** A shop of a new owner; its other people serve all shops of one application. */
export async function aShop(
  app: TestApp,
  overrides: Record<string, unknown> = {},
): Promise<ShopWorld> {
  if (!staffOf.has(app)) staffOf.set(app, hireStaff(app));
  const [owner, staff] = await Promise.all([aUser(app), staffOf.get(app)!]);
  const { body } = await owner.post('/api/shops', aShopBody(overrides)).expect(201);
  const { id, slug } = body.data as { id: string; slug: string };
  const path = `/api/shops/${id}`;
  await Promise.all(
    (['admin', 'manager', 'agent'] as const).map((role) =>
      owner.post(`${path}/team`, { username: staff[role].username, role }).expect(201),
    ),
  );
  return { id, slug, path, owner, ...staff };
}

async function hireStaff(app: TestApp): Promise<Staff> {
  const [admin, manager, agent, outsider] = (await Promise.all(
    Array.from({ length: 4 }, () => aUser(app)),
  )) as [Actor, Actor, Actor, Actor];
  return { admin, manager, agent, outsider };
}
