import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  invalid,
  missing,
  type Params,
  StripeAccount,
  StripeFailure,
  type StripeObject,
} from './stripe-account.js';
import {
  conflict,
  refuseToAnswer,
  reusedKey,
  send,
  type StripeAnswer,
  type StripeMisbehaviour,
} from './stripe-answers.js';

export interface StripeRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** Of the body, by the names on the wire. */
  params: Params;
  idempotencyKey?: string;
}

export const STRIPE_KEY = 'sk_test_of_the_local_server';
export const STRIPE_WEBHOOK_SECRET = 'whsec_of_the_local_server';
const API_VERSION = /^\d{4}-\d{2}-\d{2}\.\w+$/;
const SLOW_MS = 300;

/** Stripe's API as its documentation describes it, strict in what it accepts. */
export class StripeServer {
  readonly requests: StripeRequest[] = [];
  readonly account = new StripeAccount();
  private readonly misbehaviours: { path: RegExp; how: StripeMisbehaviour; left: number }[] = [];
  private readonly answered = new Map<string, { request: string; answer: StripeAnswer }>();
  private readonly inFlight = new Set<string>();
  private server: Server;

  static async start(): Promise<StripeServer> {
    const stripe = new StripeServer();
    stripe.server = createServer((request, response) => {
      stripe.receive(request, response).catch((error: unknown) => {
        response.destroy(error as Error);
      });
    });
    await new Promise<void>((resolve) => {
      stripe.server.listen(0, '127.0.0.1', resolve);
    });
    return stripe;
  }

  get variables(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return {
      STRIPE_SECRET_KEY: STRIPE_KEY,
      STRIPE_WEBHOOK_SECRET,
      STRIPE_API_BASE: `http://127.0.0.1:${port}`,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Misbehaves from now on, `times` times, at the paths that match; several come one by one. */
  misbehave(path: RegExp, how: StripeMisbehaviour, times = Infinity): void {
    this.misbehaviours.push({ path, how, left: times });
  }

  /** Forgets the misbehaviours and the recorded requests; what the account holds stays. */
  reset(): void {
    this.misbehaviours.length = 0;
    this.requests.length = 0;
  }

  /** A copy of it as it is now. */
  intent(id: string): StripeObject {
    return structuredClone(found(this.account.intents, id));
  }

  charge(id: string): StripeObject {
    return structuredClone(found(this.account.charges, id));
  }

  refund(id: string): StripeObject {
    return structuredClone(found(this.account.refunds, id));
  }

  /** How often money was really taken, of one intent or of all. */
  chargeCount(intentId?: string): number {
    return [...this.account.charges.values()].filter(
      (charge) =>
        charge['status'] === 'succeeded' &&
        [charge['payment_intent'], undefined].includes(intentId),
    ).length;
  }

  refundCount(intentId?: string): number {
    return [...this.account.refunds.values()].filter((refund) =>
      [refund['payment_intent'], undefined].includes(intentId),
    ).length;
  }

  /** The payer tries a test card in the browser; a decline is what it tells, no error. */
  pay(id: string, method = 'pm_card_visa'): StripeObject {
    const intent = found(this.account.intents, id);
    try {
      this.account.attempt(intent, method);
    } catch (error) {
      if (!(error instanceof StripeFailure && error.status === 402)) throw error;
    }
    return this.intent(id);
  }

  /** What becomes of a payment that waits for its payer or its bank. */
  finish(id: string, state: 'succeeded' | 'failed'): StripeObject {
    this.account.finish(found(this.account.intents, id), state);
    return this.intent(id);
  }

  finishRefund(id: string, state: 'succeeded' | 'failed'): StripeObject {
    this.account.finishRefund(id, state);
    return this.refund(id);
  }

  /** A refund that somebody makes on Stripe's own screens. */
  refundElsewhere(intentId: string, amount?: number): StripeObject {
    const params: Params = { payment_intent: intentId };
    if (amount !== undefined) params['amount'] = String(amount);
    return { ...this.account.createRefund(params) };
  }

  event(type: string, object: StripeObject, overrides: StripeObject = {}): StripeObject {
    return {
      id: `evt_${randomBytes(12).toString('hex')}`,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: Math.floor(Date.now() / 1000),
      data: { object },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
      ...overrides,
    };
  }

  /** A webhook as it is sent. @param timestamp in seconds */
  sign(
    payload: StripeObject | string,
    { secret = STRIPE_WEBHOOK_SECRET, timestamp = Math.floor(Date.now() / 1000) } = {},
  ): { body: string; headers: Record<string, string> } {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2);
    const v1 = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return {
      body,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': `t=${timestamp},v1=${v1},v0=${'0'.repeat(64)}`,
      },
    };
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const key = request.headers['idempotency-key'];
    const recorded: StripeRequest = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      params: Object.fromEntries(new URLSearchParams(body)),
      ...(typeof key === 'string' ? { idempotencyKey: key } : {}),
    };
    this.requests.push(recorded);
    const how = this.nextMisbehaviour(recorded.path);
    if (refuseToAnswer(how, response)) return;
    const answer = await this.answer(recorded, body, how === 'slow');
    if (how === 'reset-after-write') response.socket?.destroy();
    else send(response, answer);
  }

  private nextMisbehaviour(path: string): StripeMisbehaviour | undefined {
    const next = this.misbehaviours.find(({ path: wanted, left }) => left > 0 && wanted.test(path));
    if (next) next.left--;
    return next?.how;
  }

  /** docs.stripe.com/api/idempotent_requests: the first answer is kept once execution has begun. */
  private async answer(
    request: StripeRequest,
    text: string,
    isSlow: boolean,
  ): Promise<StripeAnswer> {
    const refused = refuseUnsound(request);
    if (refused) return refused;
    const { method, path, idempotencyKey: key } = request;
    if (method !== 'POST' || key === undefined) return this.execute(request, isSlow);
    const fingerprint = `${path}?${text}`;
    const known = this.answered.get(key);
    if (known) {
      const replay: StripeAnswer = { ...known.answer, headers: { 'idempotent-replayed': 'true' } };
      return known.request === fingerprint ? replay : reusedKey();
    }
    if (this.inFlight.has(key)) return conflict();
    this.inFlight.add(key);
    try {
      const answer = await this.execute(request, isSlow);
      if (!answer.isUnstored) {
        this.answered.set(key, { request: fingerprint, answer: structuredClone(answer) });
      }
      return answer;
    } finally {
      this.inFlight.delete(key);
    }
  }

  private async execute(request: StripeRequest, isSlow: boolean): Promise<StripeAnswer> {
    if (isSlow) await sleep(SLOW_MS);
    try {
      return { status: 200, body: { ...this.route(request) } };
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
      return { status: error.status, body: { error: error.error }, isUnstored: !error.isStored };
    }
  }

  private route({ method, path, params }: StripeRequest): StripeObject {
    const [, version, kind, id, action] = path.split('/');
    const route = `${method} ${version}/${kind}${id ? '/:id' : ''}${action ? `/${action}` : ''}`;
    const intent = kind === 'payment_intents' && id ? found(this.account.intents, id) : {};
    if (route === 'POST v1/payment_intents') return this.account.createIntent(params);
    if (route === 'GET v1/payment_intents/:id') return intent;
    if (route === 'POST v1/payment_intents/:id/confirm')
      return this.account.confirm(intent, params);
    if (route === 'POST v1/payment_intents/:id/cancel') return this.account.cancel(intent, params);
    if (route === 'POST v1/refunds') return this.account.createRefund(params);
    if (route === 'GET v1/refunds/:id') return found(this.account.refunds, id!);
    throw new StripeFailure(404, {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${method}: ${path}).`,
    });
  }
}

/** What is wrong with it before anything is done. */
function refuseUnsound({
  method,
  headers,
  idempotencyKey: key,
}: StripeRequest): StripeAnswer | undefined {
  if (headers['authorization'] !== `Bearer ${STRIPE_KEY}`) {
    const message = `Invalid API Key provided: ${headers['authorization']?.slice(7)}`;
    return { status: 401, body: { error: { type: 'invalid_request_error', message } } };
  }
  if (!API_VERSION.test(String(headers['stripe-version']))) {
    return { status: 400, body: { error: invalid('No Stripe-Version').error } };
  }
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  if (method === 'POST' && !isForm) {
    return { status: 400, body: { error: invalid('The body is not a form.').error } };
  }
  if (key !== undefined && (key === '' || key.length > 255)) {
    return { status: 400, body: { error: invalid('Keys have 1 to 255 characters.').error } };
  }
  return undefined;
}

function found(objects: Map<string, StripeObject>, id: string): StripeObject {
  const object = objects.get(id);
  if (!object) throw missing('object', id);
  return object;
}
