import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, ERRORS } from './app-error.js';

/** In milliseconds. */
export interface TimeLimits {
  headers: number;
  /** Of a whole request, its body included. */
  request: number;
  /** Of a request with files, which come over a phone's connection. */
  upload: number;
  /** An idle connection stays longer than load balancers keep theirs, who else meet closed ones. */
  keepAlive: number;
  /** How often connections are looked at. */
  check: number;
  /** For a Socket.IO client that has connected to say who it is. */
  identify: number;
}

interface Refusal {
  status: number;
  code: ErrorCode;
  sentence: string;
}

export const TIME_LIMITS: TimeLimits = {
  headers: 15_000,
  request: 30_000,
  upload: 600_000,
  keepAlive: 65_000,
  check: 1_000,
  identify: 10_000,
};
/** For a client to read the answer; then its connection is cut. */
const FAREWELL_MS = 1_000;

const MALFORMED: Refusal = {
  status: 400,
  code: 'bad_request',
  sentence: 'This is not HTTP as it should be: check how the request is written.',
};
const UNEXPECTED: Refusal = {
  status: 417,
  code: 'bad_request',
  sentence: 'Only "Expect: 100-continue" can be met here: send nothing else to expect.',
};
/** By the codes of Node's parser and server. */
const REFUSALS: Record<string, Refusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: ERRORS.request_timeout.status,
    code: 'request_timeout',
    sentence: ERRORS.request_timeout.example,
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'payload_too_large',
    sentence: 'The address and the headers are too large: send at most 16 kB.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'payload_too_large',
    sentence: 'The chunk extensions are too large: send none.',
  },
};

/** Ends requests that come too slowly; what Node itself refuses is answered as an envelope. */
export function limitSlowClients(server: Server, limits: TimeLimits): void {
  server.headersTimeout = limits.headers;
  // Node knows one limit for all requests.
  server.requestTimeout = limits.upload;
  server.keepAliveTimeout = limits.keepAlive;
  // Node reads it when the server begins to listen, and declares it as an option of the constructor
  // only; its default of 30 s would let every time-out be late by as much.
  Object.assign(server, { connectionsCheckingInterval: limits.check });
  // Answered by `requireHost`, in an envelope.
  Object.assign(server, { requireHostHeader: false });
  server.on('checkExpectation', ({ socket }: IncomingMessage) => refuse(socket, UNEXPECTED));
  const answers = new WeakMap<Duplex, ServerResponse>();
  const end = (code: string | undefined, socket: Duplex): void => {
    const answer = answers.get(socket);
    const hasBegun = answer?.headersSent && !answer.writableFinished;
    if (!socket.writable || hasBegun || code === 'ECONNRESET') socket.destroy();
    else refuse(socket, REFUSALS[code ?? ''] ?? MALFORMED);
  };
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Duplex) => end(code, socket));
  server.on('request', (request, response) => {
    answers.set(request.socket, response);
    if (isUpload(request)) return;
    const late = setTimeout(() => {
      if (!request.complete) end('ERR_HTTP_REQUEST_TIMEOUT', request.socket);
    }, limits.request);
    request.once('close', () => clearTimeout(late));
  });
}

/** Who only says so is answered at once by a route that takes no files. */
function isUpload({ headers }: IncomingMessage): boolean {
  return /^multipart\/form-data|^text\/csv/i.test(headers['content-type'] ?? '');
}

function refuse(socket: Duplex, { status, code, sentence }: Refusal): void {
  const requestId = randomUUID();
  const body = JSON.stringify({ success: false, error: sentence, code, requestId });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    `X-Request-Id: ${requestId}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}
