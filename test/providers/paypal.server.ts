import { generateKeyPair, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { makeCertificate } from './paypal-certificate.js';

export const PAYPAL_ROUTES = ['token', 'create', 'get', 'capture', 'refund', 'getRefund'] as const;
export type PaypalRoute = (typeof PAYPAL_ROUTES)[number];

/** What a request meets; only `reset-after`, `slow`, `pending` and `declined` do what was asked. */
export type PaypalMisbehaviour =
  | 'unauthorized'
  | 'forbidden'
  | 'server-error'
  | 'rate-limited'
  | 'in-progress'
  | 'reset'
  | 'hang'
  | 'reset-after'
  | 'hang-in-body'
  | 'html'
  | 'html-error'
  | 'odd-error'
  | 'odd'
  | 'huge'
  | 'redirect'
  /** Answers after 50 ms, so that a second call meets the first. */
  | 'slow'
  /** A capture or a refund that takes time, a capture that fails. */
  | 'pending'
  | 'declined'
  /** Any other word is the issue of a 422. */
  | 'INSTRUMENT_DECLINED'
  | 'PAYER_ACTION_REQUIRED'
  | 'ORDER_NOT_APPROVED'
  | 'ORDER_ALREADY_CAPTURED'
  | 'DUPLICATE_INVOICE_ID'
  | 'CAPTURE_FULLY_REFUNDED'
  | 'SOMETHING_NEW';

export interface PaypalRequest {
  route: PaypalRoute | 'certificate' | 'unknown';
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  requestId?: string;
}

interface Money {
  currency_code: string;
  value: string;
}
interface Resource {
  id: string;
  status: string;
  amount: Money;
  custom_id?: string;
  invoice_id?: string;
  status_details?: object;
  note_to_payer?: string;
}
interface Capture extends Resource {
  refunds: Resource[];
}
interface PaypalOrder {
  id: string;
  status: string;
  unit: { reference_id?: string; custom_id?: string; invoice_id?: string; amount: Money };
  captures: Capture[];
}
interface Answer {
  status: number;
  body: object;
}
export interface SigningOptions {
  webhookId?: string;
  time?: Date;
  /** Whose key signs. */
  key?: KeyObject;
  /** Which certificate the address names. */
  certificate?: string;
}

const CLIENT_ID = 'paypal-client-id-0123456789';
const CLIENT_SECRET = 'paypal-client-secret-0123456789abcdef';
const WEBHOOK_ID = '1JE50Z90C7278';
const WITHOUT_DECIMALS = ['HUF', 'JPY', 'TWD'];
const SLOW_MS = 50;
const newKeys = promisify(generateKeyPair);

/** PayPal's REST API as its documentation describes it, strict in what it accepts. */
export class PaypalServer {
  readonly requests: PaypalRequest[] = [];
  /** By route, what the next requests meet, one each. */
  misbehaviour: Partial<Record<PaypalRoute, PaypalMisbehaviour[]>> = {};
  /** How long tokens live, in seconds. */
  tokenLifeS = 32_400;
  readonly counts = { tokens: 0, orders: 0, captures: 0, refunds: 0 };
  /** PEM by name, as served at /certs/:name; `redirect`, `hang` and `huge` do that. */
  readonly certificates = new Map<string, string>();
  readonly keys: { own: KeyObject; other: KeyObject };
  private readonly tokens = new Map<string, number>();
  private readonly orders = new Map<string, PaypalOrder>();
  private readonly refunds = new Map<string, Resource>();
  /** By path and PayPal-Request-Id: what tells the latest status of what the first request did. */
  private readonly replays = new Map<string, () => Answer>();
  private readonly running = new Set<string>();
  private server: Server;

  static async start(): Promise<PaypalServer> {
    const paypal = new PaypalServer();
    await paypal.makeCertificates();
    paypal.server = createServer((request, response) => {
      paypal.answer(request, response).catch((error: unknown) => {
        response.destroy(error as Error);
      });
    });
    await new Promise<void>((resolve) => {
      paypal.server.listen(0, 'localhost', resolve);
    });
    return paypal;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  get variables(): Record<string, string> {
    return {
      PAYPAL_CLIENT_ID: CLIENT_ID,
      PAYPAL_CLIENT_SECRET: CLIENT_SECRET,
      PAYPAL_WEBHOOK_ID: WEBHOOK_ID,
      PAYPAL_API_BASE: this.url,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Nothing recorded, no misbehaviour left; what was made stays. */
  reset(): void {
    this.requests.length = 0;
    this.misbehaviour = {};
    this.tokenLifeS = 32_400;
    Object.assign(this.counts, { tokens: 0, orders: 0, captures: 0, refunds: 0 });
  }

  /** All tokens end at once. */
  revokeTokens(): void {
    this.tokens.clear();
  }

  /** The payer approves the order at PayPal. @returns the resource of its event */
  approve(orderId: string): object {
    const order = this.getOrder(orderId);
    if (['CREATED', 'PAYER_ACTION_REQUIRED'].includes(order.status)) order.status = 'APPROVED';
    return this.viewOrder(order);
  }

  /** A capture that was pending is decided. @returns the resource of its event */
  settle(captureId: string, status: string): object {
    const { order, capture } = this.getCapture(captureId);
    capture.status = status;
    delete capture.status_details;
    return this.viewCapture(order, capture);
  }

  settleRefund(refundId: string, status: string): object {
    const refund = this.refunds.get(refundId)!;
    refund.status = status;
    return this.viewRefund(refund);
  }

  /** Made in PayPal's own pages. @returns the resource of its event */
  refundByHand(captureId: string, value: string): object {
    const { capture } = this.getCapture(captureId);
    const { custom_id, invoice_id, amount } = capture;
    const money = { ...amount, value };
    return this.viewRefund(this.makeRefund(capture, { amount: money, custom_id, invoice_id }));
  }

  /** The capture's resource, as events bear it. */
  captureResource(captureId: string): object {
    const { order, capture } = this.getCapture(captureId);
    return this.viewCapture(order, capture);
  }

  refundResource(refundId: string): object {
    return this.viewRefund(this.refunds.get(refundId)!);
  }

  event(type: string, resource: unknown, overrides: object = {}): Record<string, unknown> {
    return {
      id: `WH-${randomBytes(8).toString('hex').toUpperCase()}`,
      event_version: '1.0',
      create_time: new Date().toISOString(),
      resource_type: type.startsWith('CHECKOUT') ? 'checkout-order' : 'capture',
      event_type: type,
      summary: 'Something happened – größer als 1 €',
      resource,
      links: [],
      ...overrides,
    };
  }

  /** A webhook as PayPal sends it. @param payload an event, or the very text of one */
  sign(payload: unknown, options: SigningOptions = {}) {
    const { webhookId = WEBHOOK_ID, time = new Date(), key = this.keys.own } = options;
    // With spaces, as nobody who serialises it again would write it.
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload, null, 1);
    const id = randomUUID();
    const at = time.toISOString().replace(/\.\d+/, '');
    const message = `${id}|${at}|${webhookId}|${crc32(body)}`;
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'paypal-transmission-id': id,
      'paypal-transmission-time': at,
      'paypal-transmission-sig': sign('sha256', Buffer.from(message), key).toString('base64'),
      'paypal-cert-url': `${this.url}/certs/${options.certificate ?? 'CERT-1'}`,
      'paypal-auth-algo': 'SHA256withRSA',
    };
    return { body, headers };
  }

  private async makeCertificates(): Promise<void> {
    const [own, other] = await Promise.all([
      newKeys('rsa', { modulusLength: 2048 }),
      newKeys('rsa', { modulusLength: 2048 }),
    ]);
    Object.assign(this, { keys: { own: own.privateKey, other: other.privateKey } });
    const subject = 'messageverificationcerts.paypal.com';
    const base = { subject, issuer: subject };
    const mine = { ...base, publicKey: own.publicKey, issuerKey: own.privateKey };
    const old = new Date(Date.now() - 1_000);
    const soon = new Date(Date.now() + 60_000);
    this.certificates.set('CERT-1', makeCertificate(mine));
    this.certificates.set(
      'CERT-2',
      makeCertificate({ ...base, publicKey: other.publicKey, issuerKey: other.privateKey }),
    );
    this.certificates.set('expired', makeCertificate({ ...mine, notAfter: old }));
    this.certificates.set('early', makeCertificate({ ...mine, notBefore: soon }));
    this.certificates.set('no-pem', '<p>Sorry</p>');
    this.certificates.set('broken', this.certificates.get('CERT-1')!.replace(/M/g, 'N'));
    this.certificates.set('huge', `${'x'.repeat(100_000)}${this.certificates.get('CERT-1')}`);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { pathname: path } = new URL(request.url!, this.url);
    const { method = '', headers } = request;
    const requestId = headers['paypal-request-id']?.toString();
    const route = routeOf(method, path);
    const recorded = { route, method, path, headers, body, requestId };
    this.requests.push(recorded);
    if (route === 'certificate') return this.serveCertificate(path.split('/').pop()!, response);
    if (route === 'unknown') return send(response, failure(404, 'RESOURCE_NOT_FOUND'));
    const how = this.misbehaviour[route]?.shift();
    if (how && misbehave(how, response)) return;
    const refused = this.refuse(recorded);
    if (refused) return send(response, refused);
    if (how === 'slow') {
      this.running.add(`${path}|${requestId}`);
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      this.running.delete(`${path}|${requestId}`);
    }
    const answer = this.act(recorded, how);
    if (how === 'reset-after') response.socket?.destroy();
    else send(response, answer);
  }

  private serveCertificate(name: string, response: ServerResponse): void {
    const pem = this.certificates.get(name);
    if (name.startsWith('hang')) return;
    if (name === 'redirect') response.writeHead(302, { Location: '/certs/CERT-1' }).end();
    else if (pem) response.writeHead(200, { 'Content-Type': 'application/x-pem-file' }).end(pem);
    else response.writeHead(404).end();
  }

  /** Wrong credentials, a wrong content type, a request id that is in use or too long. */
  private refuse({ route, method, path, headers, requestId }: PaypalRequest): Answer | undefined {
    if (route === 'token') return undefined;
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if ((this.tokens.get(token) ?? 0) <= Date.now()) return failure(401, 'invalid_token');
    if (method === 'GET') return undefined;
    if (headers['content-type'] !== 'application/json') {
      return failure(415, 'UNSUPPORTED_MEDIA_TYPE');
    }
    if (!requestId || requestId.length > 108) return failure(400, 'INVALID_REQUEST');
    return this.running.has(`${path}|${requestId}`)
      ? failure(409, 'PREVIOUS_REQUEST_IN_PROGRESS')
      : undefined;
  }

  private act(request: PaypalRequest, how: PaypalMisbehaviour | undefined): Answer {
    if (request.route === 'token') return this.issueToken(request);
    const key = `${request.path}|${request.requestId}`;
    const replay = request.requestId === undefined ? undefined : this.replays.get(key);
    if (replay) return replay();
    const issue = how && /^[A-Z_]+$/.test(how) ? how : undefined;
    if (issue) return unprocessable(issue, this.url);
    const answer = this.perform(request, how);
    const first = answer();
    if (request.requestId !== undefined && first.status < 300) this.replays.set(key, answer);
    return first.status === 200 && request.route !== 'get' && request.route !== 'getRefund'
      ? { ...first, status: 201 }
      : first;
  }

  private perform(
    { route, path, body, headers }: PaypalRequest,
    how: PaypalMisbehaviour | undefined,
  ): () => Answer {
    const id = path.split('/')[4] ?? '';
    const isFull = headers.prefer === 'return=representation';
    const show = (full: () => object) => () => ({
      status: 200,
      body: isFull ? full() : minimal(full()),
    });
    switch (route) {
      case 'create': {
        const order = this.createOrder(body);
        return 'id' in order ? show(() => this.viewOrder(order)) : () => order;
      }
      case 'capture': {
        const refused = this.capture(id, how);
        return refused ? () => refused : show(() => this.viewOrder(this.getOrder(id)));
      }
      case 'refund': {
        const refund = this.refund(id, body, how);
        return 'id' in refund ? show(() => this.viewRefund(refund)) : () => refund;
      }
      case 'getRefund': {
        const refund = this.refunds.get(id);
        return () =>
          refund
            ? { status: 200, body: this.viewRefund(refund) }
            : failure(404, 'RESOURCE_NOT_FOUND');
      }
      default:
        return () =>
          this.orders.has(id)
            ? { status: 200, body: this.viewOrder(this.getOrder(id)) }
            : failure(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    }
  }

  private issueToken({ headers, body }: PaypalRequest): Answer {
    const basic = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
    if (headers.authorization !== `Basic ${basic}`) {
      const error_description = 'Client Authentication failed';
      return { status: 401, body: { error: 'invalid_client', error_description } };
    }
    const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
    if (!isForm || body !== 'grant_type=client_credentials') {
      return { status: 400, body: { error: 'unsupported_grant_type' } };
    }
    this.counts.tokens += 1;
    const access_token = `A21AA${randomBytes(40).toString('base64url')}`;
    this.tokens.set(access_token, Date.now() + this.tokenLifeS * 1_000);
    const answer = { scope: 'https://uri.paypal.com', access_token, token_type: 'Bearer' };
    return { status: 200, body: { ...answer, app_id: 'APP-80W', expires_in: this.tokenLifeS } };
  }

  private createOrder(body: string): PaypalOrder | Answer {
    const { intent, purchase_units, payment_source } = JSON.parse(body) as any;
    const [unit] = purchase_units;
    const context = payment_source?.paypal?.experience_context;
    if (intent !== 'CAPTURE' || purchase_units.length !== 1) return failure(400, 'INVALID_REQUEST');
    if (!isMoney(unit.amount)) return unprocessable('DECIMAL_PRECISION', this.url);
    if (!(unit.custom_id?.length <= 127) || !(unit.invoice_id?.length <= 127)) {
      return failure(400, 'INVALID_REQUEST', 'INVALID_STRING_LENGTH');
    }
    if (!/^https?:/.test(context?.return_url) || !/^https?:/.test(context?.cancel_url)) {
      return failure(400, 'INVALID_REQUEST', 'INVALID_PARAMETER_SYNTAX');
    }
    const order = { id: newId(), status: 'PAYER_ACTION_REQUIRED', unit, captures: [] };
    this.orders.set(order.id, order);
    this.counts.orders += 1;
    return order;
  }

  private capture(id: string, how: PaypalMisbehaviour | undefined): Answer | undefined {
    const order = this.orders.get(id);
    if (!order) return failure(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    if (order.status === 'COMPLETED') return unprocessable('ORDER_ALREADY_CAPTURED', this.url);
    if (order.status !== 'APPROVED') return unprocessable('ORDER_NOT_APPROVED', this.url);
    const { custom_id, invoice_id, amount } = order.unit;
    const status = how === 'pending' ? 'PENDING' : how === 'declined' ? 'DECLINED' : 'COMPLETED';
    const status_details = how === 'pending' ? { reason: 'PENDING_REVIEW' } : undefined;
    const base = { id: newId(), status, status_details, amount, custom_id, invoice_id };
    order.captures.push({ ...base, refunds: [] });
    order.status = 'COMPLETED';
    this.counts.captures += 1;
    return undefined;
  }

  private refund(
    captureId: string,
    body: string,
    how: PaypalMisbehaviour | undefined,
  ): Resource | Answer {
    const { amount, invoice_id, note_to_payer } = JSON.parse(body) as any;
    const known = [...this.orders.values()].some(({ captures }) =>
      captures.some(({ id }) => id === captureId),
    );
    if (!known) return failure(404, 'RESOURCE_NOT_FOUND');
    if (!isMoney(amount) || note_to_payer?.length > 255) return failure(400, 'INVALID_REQUEST');
    const { capture } = this.getCapture(captureId);
    if (capture.status === 'REFUNDED') return unprocessable('CAPTURE_FULLY_REFUNDED', this.url);
    if (cents(amount) > cents(capture.amount) - sumOf(capture.refunds)) {
      return unprocessable('REFUND_AMOUNT_EXCEEDED', this.url);
    }
    const status = how === 'pending' ? 'PENDING' : 'COMPLETED';
    const { custom_id } = capture;
    return this.makeRefund(capture, { amount, invoice_id, note_to_payer, custom_id, status });
  }

  private makeRefund(
    capture: Capture,
    { status = 'COMPLETED', ...fields }: Partial<Resource> & { amount: Money },
  ): Resource {
    const refund = { id: newId(), status, ...fields };
    capture.refunds.push(refund);
    this.refunds.set(refund.id, refund);
    this.counts.refunds += 1;
    const isAll = sumOf(capture.refunds) === cents(capture.amount);
    capture.status = isAll ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
    return refund;
  }

  private getOrder(id: string): PaypalOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  private getCapture(captureId: string): { order: PaypalOrder; capture: Capture } {
    for (const order of this.orders.values()) {
      const capture = order.captures.find(({ id }) => id === captureId);
      if (capture) return { order, capture };
    }
    throw new Error(`no capture ${captureId}`);
  }

  private viewOrder(order: PaypalOrder): object {
    const { id, status, unit, captures } = order;
    const refunds = captures.flatMap((capture) => capture.refunds);
    const payments = {
      captures: captures.map((capture) => this.viewCapture(order, capture)),
      ...(refunds.length > 0 ? { refunds: refunds.map((one) => this.viewRefund(one)) } : {}),
    };
    const payer = { href: `${this.url}/checkoutnow?token=${id}`, rel: 'payer-action' };
    return {
      id,
      intent: 'CAPTURE',
      status,
      purchase_units: [{ ...unit, ...(captures.length > 0 ? { payments } : {}) }],
      links: [this.link('self', `checkout/orders/${id}`), { ...payer, method: 'GET' }],
    };
  }

  private viewCapture(order: PaypalOrder, { refunds: _, ...capture }: Capture): object {
    return {
      ...capture,
      final_capture: true,
      supplementary_data: { related_ids: { order_id: order.id } },
      links: [
        this.link('self', `payments/captures/${capture.id}`),
        this.link('up', `checkout/orders/${order.id}`),
      ],
    };
  }

  private viewRefund(refund: Resource): object {
    const capture = [...this.orders.values()]
      .flatMap(({ captures }) => captures)
      .find(({ refunds }) => refunds.includes(refund))!;
    return {
      ...refund,
      links: [
        this.link('self', `payments/refunds/${refund.id}`),
        this.link('up', `payments/captures/${capture.id}`),
      ],
    };
  }

  private link(rel: string, path: string): object {
    return { href: `${this.url}/v2/${path}`, rel, method: 'GET' };
  }
}

function routeOf(method: string, path: string): PaypalRequest['route'] {
  const routes: [PaypalRequest['route'], string, RegExp][] = [
    ['token', 'POST', /^\/v1\/oauth2\/token$/],
    ['create', 'POST', /^\/v2\/checkout\/orders$/],
    ['get', 'GET', /^\/v2\/checkout\/orders\/[^/]+$/],
    ['capture', 'POST', /^\/v2\/checkout\/orders\/[^/]+\/capture$/],
    ['refund', 'POST', /^\/v2\/payments\/captures\/[^/]+\/refund$/],
    ['getRefund', 'GET', /^\/v2\/payments\/refunds\/[^/]+$/],
    ['certificate', 'GET', /^\/certs\/[^/]+$/],
  ];
  const found = routes.find(([, verb, pattern]) => verb === method && pattern.test(path));
  return found?.[0] ?? 'unknown';
}

/** @returns whether the request has had its answer, or its lack of one */
function misbehave(how: PaypalMisbehaviour, response: ServerResponse): boolean {
  const html = { 'Content-Type': 'text/html' };
  const acts: Partial<Record<PaypalMisbehaviour, () => void>> = {
    unauthorized: () => send(response, failure(401, 'invalid_token')),
    forbidden: () => send(response, failure(403, 'NOT_AUTHORIZED', 'PERMISSION_DENIED')),
    'server-error': () => send(response, failure(500, 'INTERNAL_SERVER_ERROR')),
    'rate-limited': () => send(response, failure(429, 'RATE_LIMIT_REACHED')),
    'in-progress': () => send(response, failure(409, 'PREVIOUS_REQUEST_IN_PROGRESS')),
    reset: () => response.socket?.destroy(),
    hang: () => undefined,
    'hang-in-body': () => response.writeHead(200).write('{"id":'),
    html: () => response.writeHead(200, html).end('<p>Sorry'),
    'html-error': () => response.writeHead(400, html).end('<p>Sorry'),
    'odd-error': () => response.writeHead(400).end('{"error":"oops"}'),
    odd: () => response.writeHead(200).end('{"id":{"a":1},"status":7,"access_token":["x"]}'),
    huge: () => response.writeHead(200).end(`{"id":"${'x'.repeat(2_000_000)}"}`),
    redirect: () => response.writeHead(307, { Location: '/elsewhere' }).end(),
  };
  acts[how]?.();
  return how in acts;
}

function failure(status: number, name: string, issue?: string): Answer {
  const details = issue ? [{ issue, description: 'See the documentation.' }] : undefined;
  return { status, body: { name, message: 'It failed.', debug_id: 'f3b2a1c0d9e8', details } };
}

function unprocessable(issue: string, url: string): Answer {
  const { status, body } = failure(422, 'UNPROCESSABLE_ENTITY', issue);
  const payer = { href: `${url}/checkoutnow?again=1`, rel: 'payer-action', method: 'GET' };
  const links = issue === 'PAYER_ACTION_REQUIRED' ? [payer] : [];
  return { status, body: { ...body, links } };
}

function minimal(full: object): object {
  const { id, status, links } = full as Record<string, unknown>;
  return { id, status, links };
}

function isMoney(money: Money | undefined): boolean {
  const { currency_code = '', value = '' } = money ?? {};
  const pattern = WITHOUT_DECIMALS.includes(currency_code) ? /^\d+$/ : /^\d+\.\d\d$/;
  return /^[A-Z]{3}$/.test(currency_code) && typeof value === 'string' && pattern.test(value);
}

function cents({ value }: Money): number {
  return Math.round(Number(value) * 100);
}

function sumOf(refunds: Resource[]): number {
  return refunds
    .filter(({ status }) => status === 'COMPLETED' || status === 'PENDING')
    .reduce((sum, { amount }) => sum + cents(amount), 0);
}

function newId(): string {
  return randomBytes(9).toString('hex').toUpperCase().slice(0, 17);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
