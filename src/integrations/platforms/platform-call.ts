import { type FetchedText, fetchText } from '../../platform/http/fetch-text.js';
import { PlatformFailure } from './platform-failure.js';
import { type Json, parseObject } from './platform-json.js';

export interface PlatformCall {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  form?: Record<string, string>;
  json?: object;
}

export interface PlatformAnswer {
  status: number;
  body: Json;
}

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 1_000_000;
const TOO_MANY = 429;

/**
 * One call, bounded in time and size, not repeated and not redirected.
 * @param label how people call the platform
 * @throws PlatformFailure `unavailable`, also for an answer that is no object
 */
export async function callPlatform(label: string, call: PlatformCall): Promise<PlatformAnswer> {
  const { status, text } = await send(label, call);
  if (status >= 500 || status === TOO_MANY) {
    throw new PlatformFailure('unavailable', `${label} is busy or out of order.`, status);
  }
  // Some answer a success with nothing.
  const body = text === '' && status < 300 ? {} : parseObject(text);
  if (!body) throw unreadable(label, status);
  return { status, body };
}

export function unreadable(label: string, code?: string | number): PlatformFailure {
  return new PlatformFailure('unavailable', `${label} gave an answer that cannot be read.`, code);
}

export function addressOf(url: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return search ? `${url}?${search}` : url;
}

async function send(label: string, call: PlatformCall): Promise<FetchedText> {
  const { method, url, query, headers, form, json } = call;
  const body = form ? new URLSearchParams(form) : json && JSON.stringify(json);
  const all: Record<string, string> = { Accept: 'application/json', ...headers };
  if (json) all['Content-Type'] = 'application/json';
  const init = { method, headers: all, body };
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES };
  try {
    return await fetchText(addressOf(url, query), init, limits);
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const how = isLate ? 'did not answer in time' : 'cannot be reached';
    throw new PlatformFailure('unavailable', `${label} ${how}.`);
  }
}
