import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PaypalSettings } from '../../platform/config/payment-settings.js';
import { ProviderUnknown } from './payment-provider.js';
import { type FetchedText, fetchText } from '../../platform/http/fetch-text.js';
import { type Json, parseObject, textOf } from './paypal-reading.js';
import { PaypalRefusal } from './paypal-refusal.js';

export interface PaypalCall {
  method: 'GET' | 'POST';
  path: string;
  body?: object;
  /** The same for every repetition of one operation: PayPal then does it once. */
  requestId?: string;
}

export interface PaypalTimings {
  /** For one request and its repetitions together. */
  timeoutMs: number;
  /** The longest pause before the first repetition; each next one may be twice as long. */
  retryPauseMs: number;
}

export const PAYPAL_TIMINGS: PaypalTimings = { timeoutMs: 10_000, retryPauseMs: 300 };

interface Token {
  value: string;
  /** By the clock of this process, in ms. */
  usableUntil: number;
}

const RETRIES = 2;
const MAX_ANSWER_BYTES = 1_000_000;
/** PayPal refuses longer ones. */
const MAX_REQUEST_ID = 108;
/** A token is not used in its last minute, or the last tenth of a short life. */
const TOKEN_MARGIN_S = 60;
const TOKEN_MARGIN_PART = 0.1;

/**
 * PayPal's REST API, as far as payments need it. Not its SDK (`@paypal/paypal-server-sdk`): the base
 * URL there is hard-coded, no time-out is set, a 401 does not renew the token, parallel first calls
 * each fetch one, retries leave out POST, and webhook verification is missing.
 */
export class PaypalClient {
  private token?: Promise<Token>;

  constructor(
    private readonly settings: PaypalSettings,
    private readonly timings: PaypalTimings,
  ) {}

  /** @throws ProviderRefusal when PayPal says no, ProviderUnknown when nobody knows what it did */
  async call(call: PaypalCall): Promise<Json> {
    const token = await this.getToken();
    const answer = await this.send(call, token);
    if (answer.status !== 401) return read(answer);
    // A token may end before its time: once it is worth another, under the same request id.
    this.drop(token);
    return read(await this.send(call, await this.getToken()));
  }

  private send({ method, path, body, requestId }: PaypalCall, token: Token): Promise<FetchedText> {
    const headers = {
      Authorization: `Bearer ${token.value}`,
      Accept: 'application/json',
      Prefer: 'return=representation',
      ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
      ...(requestId === undefined ? {} : { 'PayPal-Request-Id': fit(requestId) }),
    };
    const init = { method, headers, body: body && JSON.stringify(body) };
    return this.persist(path, init, method === 'GET' || requestId !== undefined);
  }

  /** Repeats what may be repeated while PayPal is troubled, all within one time-out. */
  private async persist(
    path: string,
    init: Parameters<typeof fetchText>[1],
    isRepeatable: boolean,
  ): Promise<FetchedText> {
    const deadline = performance.now() + this.timings.timeoutMs;
    for (let retry = 0; ; retry++) {
      const pauseMs = Math.random() * this.timings.retryPauseMs * 2 ** retry;
      const timeoutMs = deadline - performance.now();
      const isLast = !isRepeatable || retry === RETRIES;
      try {
        const limits = { timeoutMs, maxBytes: MAX_ANSWER_BYTES };
        const answer = await fetchText(`${this.settings.apiBase}${path}`, init, limits);
        if (isLast || !isPassing(answer.status) || isPast(deadline - pauseMs)) return answer;
      } catch (error) {
        const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
        if (isTimeout) throw new ProviderUnknown('PayPal did not answer in time.');
        if (isLast || isPast(deadline - pauseMs)) {
          throw new ProviderUnknown('The connection to PayPal broke.', { cause: error });
        }
      }
      await sleep(pauseMs);
    }
  }

  /** Whoever finds none, or one that has ended, waits for the same new one. */
  private async getToken(): Promise<Token> {
    const known = this.token;
    if (known) {
      const token = await known;
      if (!isPast(token.usableUntil)) return token;
    }
    if (this.token === known) this.token = this.fetchToken();
    return this.token ?? this.getToken();
  }

  private drop(token: Token): void {
    token.usableUntil = -Infinity;
  }

  private async fetchToken(): Promise<Token> {
    try {
      const startedAt = performance.now();
      const { clientId, clientSecret } = this.settings;
      const headers = {
        Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
      };
      const body = 'grant_type=client_credentials';
      const init = { method: 'POST', headers, body };
      const { access_token, expires_in } = read(await this.persist('/v1/oauth2/token', init, true));
      const value = textOf(access_token);
      if (!value || !/^[\x21-\x7e]+$/.test(value)) throw unreadable();
      return { value, usableUntil: startedAt + usableSeconds(expires_in) * 1_000 };
    } catch (error) {
      this.token = undefined;
      throw error;
    }
  }
}

function read({ status, text }: FetchedText): Json {
  const body = parseObject(text);
  if (status >= 200 && status < 300) {
    if (body) return body;
    throw unreadable();
  }
  if (status === 401 || status === 403) throw PaypalRefusal.ofCredentials(status);
  const isNo = status >= 400 && status < 500 && !isPassing(status);
  if (isNo && body && textOf(body['name'])) throw PaypalRefusal.from(body);
  throw new ProviderUnknown(`PayPal answered ${status}.`);
}

/** 408, 409 (the first request with this id still runs), 429 and 5xx: soon it may be otherwise. */
function isPassing(status: number): boolean {
  return status >= 500 || [408, 409, 429].includes(status);
}

function usableSeconds(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : 0;
  return seconds - Math.min(TOKEN_MARGIN_S, seconds * TOKEN_MARGIN_PART);
}

function isPast(time: number): boolean {
  return performance.now() >= time;
}

function fit(requestId: string): string {
  if (requestId.length <= MAX_REQUEST_ID) return requestId;
  return createHash('sha256').update(requestId).digest('hex');
}

function unreadable(): ProviderUnknown {
  return new ProviderUnknown('PayPal gave an answer that cannot be read.');
}
