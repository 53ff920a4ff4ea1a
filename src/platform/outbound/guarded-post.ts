import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

export interface GuardedPost {
  url: URL;
  headers: Record<string, string | number>;
  body: Buffer | string;
  /** Of the whole, from the look-up of the name to the end of the answer. */
  timeoutMs: number;
  /** Whether an operator has named the host: then it may be a private one. */
  isTrusted: boolean;
}

export interface PostAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  /** Its beginning. */
  body: string;
}

/** An address that must not be called, whoever asks. */
export class ForbiddenAddress extends Error {
  constructor(host: string) {
    super(`${host} is at a private address`);
    this.name = 'ForbiddenAddress';
  }
}

const MAX_ANSWER_BYTES = 2_048;
const IDLE_MS = 10_000;
/** Of one question, and how often it is put. */
const NAME_SERVERS = { timeout: 2_000, tries: 2 };
const POOL = { keepAlive: true, maxSockets: 50, maxFreeSockets: 10, timeout: IDLE_MS };

/**
 * The socket is connected to the very addresses that were checked: a name that answers otherwise when
 * it is asked again gains nothing.
 */
const publicLookup: LookupFunction = (host, options, callback) => {
  const check = (addresses: LookupAddress[]): void => {
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(new ForbiddenAddress(host), []);
    }
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  };
  resolve(host).then(check, (error: NodeJS.ErrnoException) => callback(error, []));
};

/**
 * Asks the name servers itself. The system's look-up would hold one of the process's four worker threads,
 * which passwords and files need: names whose servers never answer, of which anybody may register some,
 * would hold up everybody.
 */
async function resolve(host: string): Promise<LookupAddress[]> {
  // Of this machine, whatever a name server says. RFC 6761, section 6.3.
  if (/(^|\.)localhost\.?$/i.test(host)) return [{ address: '127.0.0.1', family: 4 }];
  const resolver = new Resolver(NAME_SERVERS);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({ address, family: 4 })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({ address, family: 6 })),
  ];
  if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
  return found;
}

/** Connections to checked addresses are only for who has had them checked. */
const guarded = {
  http: new HttpAgent({ ...POOL, lookup: publicLookup }),
  https: new HttpsAgent({ ...POOL, lookup: publicLookup }),
};
const trusted = { http: new HttpAgent(POOL), https: new HttpsAgent(POOL) };

/**
 * Posts to an address that somebody else has chosen: to public addresses only, no redirect is followed,
 * nothing takes longer than `timeoutMs`, and of the answer no more is read than its beginning.
 * @throws ForbiddenAddress, or Error when there was no answer
 */
export async function guardedPost(post: GuardedPost): Promise<PostAnswer> {
  const { url, headers, body, timeoutMs, isTrusted } = post;
  const host = bareHost(url);
  // Node looks up no address that is written as one.
  if (!isTrusted && isIP(host) && !isPublicAddress(host)) throw new ForbiddenAddress(host);
  const isHttps = url.protocol === 'https:';
  const send = isHttps ? requestHttps : requestHttp;
  const agent = (isTrusted ? trusted : guarded)[isHttps ? 'https' : 'http'];
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
    };
    const length = { 'Content-Length': Buffer.byteLength(body) };
    const options = { method: 'POST', agent, signal, headers: { ...headers, ...length } };
    const request = send(url, options, (answer) => {
      readBeginning(answer).then(resolve, fail);
    });
    request.on('error', fail);
    request.end(body);
  });
}

/**
 * Whether a URL's host is at public addresses alone at this moment.
 * @throws Error when there is no such host
 */
export async function isPublicHost(url: URL): Promise<boolean> {
  const host = bareHost(url);
  if (isIP(host)) return isPublicAddress(host);
  const addresses = await resolve(host);
  return addresses.every(({ address }) => isPublicAddress(address));
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

async function readBeginning(answer: IncomingMessage): Promise<PostAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop destroys the connection: who sends more is not listened to.
    if (size > MAX_ANSWER_BYTES) break;
  }
  const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString();
  return { status: answer.statusCode ?? 0, headers: answer.headers, body };
}
