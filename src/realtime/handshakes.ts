import type { EventEmitter } from 'node:events';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express, Request } from 'express';
import { AppError } from '../platform/http/app-error.js';
import { isBug, toAppError } from '../platform/http/exception.filter.js';
import { RateLimiter } from '../platform/security/rate-limiter.service.js';
import { addressHit } from '../platform/security/throttling.js';
import { ErrorReports } from '../platform/telemetry/error-reports.js';
import { OpenSockets } from './open-sockets.js';
import { SocketAuth } from './socket-auth.js';
import { personOf, type SocketIdentity } from './socket-identity.js';

/** An office behind one address comes back at once after a restart. */
const MAX_PER_MINUTE_AND_ADDRESS = 600;

/** Lets handshakes in, the same at both doors, or refuses them before anything is upgraded. */
@Injectable()
export class Handshakes {
  private readonly logger = new Logger(Handshakes.name);
  private readonly open = new OpenSockets();

  constructor(
    private readonly auth: SocketAuth,
    private readonly limiter: RateLimiter,
    private readonly host: HttpAdapterHost,
    private readonly reports: ErrorReports,
  ) {}

  /**
   * What is asked of a handshake before it is known whose it is.
   * @throws AppError `cross_site` from another site's page, `rate_limited` after too many
   */
  async greet(request: IncomingMessage): Promise<void> {
    if (!this.auth.isOriginAllowed(request)) {
      throw new AppError('cross_site', 'A page of this origin may not open a socket.');
    }
    const hit = addressHit({ ip: this.addressOf(request) });
    await this.limiter.take([{ ...hit, scope: 'handshake', limit: MAX_PER_MINUTE_AND_ADDRESS }]);
  }

  /**
   * @param line what the socket lives on, and emits `close` at its end; it is open now
   * @param authToken that of a Socket.IO client
   * @throws AppError `unauthenticated`, or `rate_limited` when the person has too many sockets
   */
  async admit(
    request: IncomingMessage,
    line: EventEmitter,
    authToken?: unknown,
  ): Promise<SocketIdentity> {
    let leave = (): void => undefined;
    let isClosed = false;
    line.once('close', () => {
      isClosed = true;
      leave();
    });
    const identity = await this.auth.authenticate(request, authToken);
    if (isClosed) return identity;
    const person = personOf(identity);
    this.open.take(person);
    leave = () => this.open.giveBack(person);
    return identity;
  }

  /** Of one that is refused: when that was our bug, operators hear of it. */
  noteFailure(error: unknown): void {
    if (!isBug(error)) return;
    this.reports.report(error, { event: 'handshake' });
    this.logger.error({ msg: 'handshake failed', error: String(error) });
  }

  /** As HTTP has it, `TRUST_PROXY` included: Express computes it from these two. */
  private addressOf({ headers, socket }: IncomingMessage): string | undefined {
    const express = this.host.httpAdapter.getInstance<Express>();
    const request = Object.create(express.request, {
      headers: { value: headers },
      socket: { value: socket },
    }) as Request;
    return request.ip;
  }
}

/** Answers a handshake that is not upgraded; one of long polling is a request as any other. */
export function refuseHandshake(
  request: IncomingMessage & { res?: ServerResponse },
  error: unknown,
): void {
  const refusal = toAppError(error);
  const { code, message, retryAfterSeconds } = refusal;
  const status = refusal.getStatus();
  const body = JSON.stringify({ success: false, error: message, code });
  const headers = {
    Connection: 'close',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...(retryAfterSeconds && { 'Retry-After': retryAfterSeconds }),
  };
  if (request.res) {
    request.res.writeHead(status, headers).end(body);
    return;
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { socket } = request;
  // A client that never closes its half would keep the connection for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
