import { randomBytes } from 'node:crypto';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { Types } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, markAccess } from '../../src/platform/http/access.decorators.js';
import {
  isAllowed,
  type Permission,
  PERMISSIONS,
  SHOP_ROLES,
} from '../../src/shops/permissions.js';
import { aShop, aUser, type ShopWorld } from '../support/actors.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { aForm, aProduct } from '../support/bodies.js';
import { bodySchemaOf, ExampleBodies } from '../support/example-bodies.js';
import { fillPath, type Operation, readDocument, readOperations } from '../support/operations.js';

/** Routes for browsers to go to, which answer redirects and pages: the docs tell of them in prose. */
const EXCLUDED = 'swagger/apiExcludeEndpoint';
/** Controllers that only other companies' servers call. */
const EXCLUDED_CONTROLLER = 'swagger/apiExcludeController';

const WEBHOOK_HOST = 'localhost:1';

let app: TestApp;
let shop: ShopWorld;
let operations: Operation[];

beforeAll(async () => {
  // Without one the operators' routes are open in development.
  const OPERATOR_TOKEN = randomBytes(32).toString('base64url');
  app = await createTestApp({ OPERATOR_TOKEN, WEBHOOK_ALLOWED_HOSTS: WEBHOOK_HOST });
  shop = await aShop(app);
  operations = await readOperations(app);
});

afterAll(() => app.close());

const permissionOf = ({ access }: Operation): Permission | undefined =>
  access?.kind === 'shop' ? (access.permission as Permission) : undefined;

const namesShop = ({ path }: Operation): boolean => path.includes('{shopId}');

/** An order of a shop with a payment, by the names that paths and bodies have for them. */
async function aPayment({ path, owner }: ShopWorld) {
  const product = await owner.post(`${path}/products`, aProduct()).expect(201);
  const productId = product.body.data.id as string;
  const items = [{ productId, quantity: 1 }];
  const order = await owner
    .post(`${path}/orders`, { customer: { name: 'Aung' }, items })
    .expect(201);
  const orderId = order.body.data.id as string;
  const payment = await owner.post(`${path}/payments/intent`, { orderId }).expect(201);
  const paymentId = payment.body.data.id as string;
  return { orderId, paymentId, paymentIntentId: paymentId };
}

/** A webhook of a shop's payment that could not be processed: only a bug makes one. */
async function aStuckWebhook({ id }: ShopWorld): Promise<string> {
  const eventId = 'evt_of_another_shop';
  const shopId = new Types.ObjectId(id);
  const stuck = { shopId, provider: 'stripe', eventId, state: 'stuck', receivedAt: new Date() };
  await app.connection.collection('payment_webhooks').insertOne(stuck);
  return eventId;
}

/** A webhook of a shop, at an address that nobody answers at, and its test. */
async function aWebhook({ path, owner }: ShopWorld) {
  const sent = { url: `http://${WEBHOOK_HOST}/`, events: ['order.created'] };
  const webhook = await owner.post(`${path}/webhooks`, sent).expect(201);
  const webhookId = webhook.body.data.id as string;
  const delivery = await owner.post(`${path}/webhooks/${webhookId}/test`).expect(201);
  return { webhookId, deliveryId: delivery.body.data.id as string };
}

describe('access', () => {
  it('has exactly one mark on every route', () => {
    const scanner = new MetadataScanner();
    const routes = app.nest
      .get(DiscoveryService, { strict: false })
      .getControllers()
      .flatMap(({ metatype }) => {
        const prototype = (metatype as { prototype: Record<string, object> }).prototype;
        return scanner
          .getAllMethodNames(prototype)
          .filter((name) => Reflect.hasMetadata(METHOD_METADATA, prototype[name]!))
          .map((name) => ({
            name: `${metatype!.name}.${name}`,
            handler: prototype[name]!,
            metatype,
          }));
      });
    const open = routes.filter(({ handler }) => !Reflect.hasMetadata(ACCESS, handler));
    expect(open.map(({ name }) => name)).toEqual([]);
    const documented = routes.filter(
      ({ handler, metatype }) =>
        !Reflect.hasMetadata(EXCLUDED, handler) &&
        !Reflect.hasMetadata(EXCLUDED_CONTROLLER, metatype!),
    );
    // A controller may serve several paths.
    const paths = documented.flatMap(({ metatype }) =>
      [Reflect.getMetadata(PATH_METADATA, metatype!) as string | string[]].flat(),
    );
    expect(paths).toHaveLength(operations.length);
  });

  it('refuses a second mark when the code loads', () => {
    class TwiceMarked {
      handler(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(TwiceMarked.prototype, 'handler')!;
    markAccess({ kind: 'public' })(TwiceMarked.prototype, 'handler', descriptor);
    expect(() =>
      markAccess({ kind: 'signed-in' })(TwiceMarked.prototype, 'handler', descriptor),
    ).toThrow('TwiceMarked.handler has two access marks');
  });

  it('is told in the docs of every route of a shop', () => {
    for (const operation of operations.filter(permissionOf)) {
      const permission = permissionOf(operation)!;
      expect(operation.definition['description'], operation.name).toContain(
        `Permission: \`${permission}\` (${PERMISSIONS[permission]}`,
      );
    }
  });

  it('asks everyone to sign in (401) on every route that is not public', async () => {
    for (const { name, method, path, access } of operations) {
      if (access?.kind === 'public') continue;
      const { status, body } = await app.request[method](fillPath(path, { shopId: shop.id }));
      expect({ name, status, code: body.code }).toEqual({
        name,
        status: 401,
        code: 'unauthenticated',
      });
    }
  });

  it('shows a stranger of a shop what it shows of a shop that does not exist (404)', async () => {
    for (const operation of operations.filter(permissionOf).filter(namesShop)) {
      const { name, method, path } = operation;
      const send = (shopId: string) =>
        app.request[method](fillPath(path, { shopId }))
          .set('Authorization', `Bearer ${shop.outsider.token}`)
          .send(method === 'get' ? undefined : {});
      const foreign = await send(shop.id);
      const missing = await send('6741c0c0a5f2d13b8c9e0aaa');
      const malformed = await send('not-an-id');
      for (const { status, body } of [foreign, missing, malformed]) {
        expect({ name, status, error: body.error }).toEqual({
          name,
          status: 404,
          error: 'There is no such shop: check its id.',
        });
      }
    }
  });

  it('shows a stranger no shop that is found by what is in it (404)', async () => {
    const known = await aPayment(shop);
    const missing = Object.fromEntries(
      Object.keys(known).map((name) => [name, '6741c0c0a5f2d13b8c9e0aaa']),
    );
    const unnamed = operations.filter((one) => permissionOf(one) && !namesShop(one));
    expect(unnamed.length).toBeGreaterThan(3);
    for (const { name, method, path, access } of unnamed) {
      const thing = (access as { foundBy: string }).foundBy;
      for (const ids of [known, missing, {}]) {
        const { status, body } = await app.request[method](fillPath(path, ids))
          .set('Authorization', `Bearer ${shop.outsider.token}`)
          .send(method === 'get' ? undefined : ids);
        expect({ name, status, error: body.error }).toEqual({
          name,
          status: 404,
          error: `There is no such ${thing}: check its id.`,
        });
      }
    }
  });

  it.each(SHOP_ROLES)('lets the role %s through just where the table does', async (role) => {
    // A shop of its own: the last route it calls is the one by which the role leaves.
    const world = await aShop(app);
    const { id: shopId, [role]: actor } = world;
    const payment = await aPayment(world);
    const leaves = ({ path }: Operation): number => Number(path.endsWith('/leave'));
    const ofShops = operations.filter(permissionOf).toSorted((a, b) => leaves(a) - leaves(b));
    for (const operation of ofShops) {
      const { name, method, path } = operation;
      const ids = namesShop(operation) ? {} : payment;
      const { status } = await app.request[method](fillPath(path, { shopId, ...ids }))
        .set('Authorization', `Bearer ${actor.token}`)
        .send(method === 'get' ? undefined : ids);
      const allowed = isAllowed(role, permissionOf(operation)!);
      expect({ name, allowed: status !== 403 }).toEqual({ name, allowed });
      expect(status, name).not.toBe(401);
      expect(status, name).toBeLessThan(500);
    }
  });

  it("finds nothing of a foreign shop under one's own (404)", async () => {
    const other = await aShop(app);
    const product = await other.owner.post(`${other.path}/products`, aProduct()).expect(201);
    const form = await other.owner.post(`${other.path}/forms`, aForm()).expect(201);
    const conversation = await other.owner
      .post(`${other.path}/conversations`, { customerName: 'Aung' })
      .expect(201);
    const order = await other.owner
      .post(`${other.path}/orders`, {
        customer: { name: 'Aung' },
        items: [{ productId: product.body.data.id, quantity: 1 }],
      })
      .expect(201);
    const { paymentId } = await aPayment(other);
    const eventId = await aStuckWebhook(other);
    const customer = await other.owner
      .post(`${other.path}/customers`, { name: 'Aung' })
      .expect(201);
    const newcomer = await aUser(app);
    const added = { username: newcomer.username, role: 'agent' };
    await other.owner.post(`${other.path}/team`, added).expect(201);
    const invited = await other.owner
      .post(`${other.path}/team`, { email: 'nobody-yet@example.com', role: 'agent' })
      .expect(201);
    const { webhookId, deliveryId } = await aWebhook(other);
    const foreign: Record<string, string> = {
      shopId: shop.id,
      productId: product.body.data.id,
      formId: form.body.data.id,
      version: '1',
      conversationId: conversation.body.data.id,
      orderId: order.body.data.id,
      paymentId,
      eventId,
      customerId: customer.body.data.id,
      userId: newcomer.userId,
      // Of a platform a shop has one connection, which is its own.
      platform: 'none',
      invitationId: invited.body.data.invitation.id,
      webhookId,
      deliveryId,
    };
    const withChild = operations.filter(
      (operation) => permissionOf(operation) && /\{shopId\}.*\{/.test(operation.path),
    );
    expect(withChild.length).toBeGreaterThan(3);
    const examples = new ExampleBodies(await readDocument({ url: app.url }));
    for (const operation of withChild) {
      const { name, method, path } = operation;
      const schema = bodySchemaOf(operation);
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!);
      expect(Object.keys(foreign), name).toEqual(expect.arrayContaining(names));
      const { status } = await app.request[method](fillPath(path, foreign))
        .set('Authorization', `Bearer ${shop.owner.token}`)
        .send(schema && (examples.of(schema).value as object));
      expect({ name, status }).toEqual({ name, status: 404 });
    }
  });
});
