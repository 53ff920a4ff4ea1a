import type { NextFunction, Request, Response } from 'express';
import { AppError } from './app-error.js';

/** HTTP/1.1 has every request name its host (RFC 9112, section 3.2); Node would say so in no words. */
export function requireHost(request: Request, _: Response, next: NextFunction): void {
  const isNamed = request.headers.host !== undefined || request.httpVersion === '1.0';
  const sentence = 'The Host header is missing: name the host that you call.';
  next(isNamed ? undefined : new AppError('bad_request', sentence));
}
