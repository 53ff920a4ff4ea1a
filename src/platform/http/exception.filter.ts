import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  HttpStatus,
  Logger,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { isDatabaseUnavailable } from '../database/database-errors.js';
import { requestId } from '../logging/request-context.js';
import { RateLimiter } from '../security/rate-limiter.service.js';
import { ErrorReports } from '../telemetry/error-reports.js';
import { routeOf } from '../telemetry/http-metrics.js';
import { AppError, type ErrorCode, ERRORS } from './app-error.js';

const DATABASE_RETRY_SECONDS = 2;

/** Turns every failure into the envelope; what was not foreseen becomes a 500 without internals. */
@Catch()
export class ExceptionToEnvelopeFilter implements ExceptionFilter {
  private readonly logger = new Logger(ExceptionToEnvelopeFilter.name);

  constructor(
    private readonly limiter: RateLimiter,
    private readonly reports: ErrorReports,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const answer = (failure: unknown): void => this.answer(failure, request, response);
    if (this.limiter.isGuarded(request)) answer(exception);
    else this.limiter.hitUnguarded(request, response).then(() => answer(exception), answer);
  }

  private answer(exception: unknown, request: Request, response: Response): void {
    const error = toAppError(exception);
    if (isBug(exception)) this.logBug(exception, request);
    if (response.headersSent) {
      // Half an answer cannot be mended: cutting it tells the client that it is not whole.
      response.destroy();
      return;
    }
    if (error.retryAfterSeconds) response.setHeader('Retry-After', error.retryAfterSeconds);
    if (error.code === 'rate_limited') tellUsedUp(response, error);
    response.status(error.getStatus()).json({
      success: false,
      error: error.message,
      code: error.code,
      details: error.details,
      data: error.data,
      requestId: requestId(),
    });
  }

  private logBug(exception: unknown, request: Request): void {
    const { stack, message } =
      exception instanceof Error ? exception : { stack: undefined, message: String(exception) };
    this.reports.report(exception, { method: request.method, route: routeOf(request) });
    this.logger.error({ msg: 'unexpected error', method: request.method, error: message, stack });
  }
}

/** The headers tell of the guards' limits, of which some is left when a service's is used up. */
function tellUsedUp(response: Response, { retryAfterSeconds }: AppError): void {
  if (!retryAfterSeconds || !response.hasHeader('RateLimit-Remaining')) return;
  response.setHeader('RateLimit-Remaining', 0);
  response.setHeader('RateLimit-Reset', retryAfterSeconds);
}

/** What the caller is told about `exception`, whoever threw it. */
export function toAppError(exception: unknown): AppError {
  if (exception instanceof AppError) return exception;
  if (isDatabaseUnavailable(exception)) {
    return new AppError('database_unavailable', ERRORS.database_unavailable.example, {
      retryAfterSeconds: DATABASE_RETRY_SECONDS,
    });
  }
  if (exception instanceof HttpException) return fromHttpException(exception);
  return new AppError('internal_error', ERRORS.internal_error.example);
}

/** Whether nobody has foreseen it: operators hear of it, as it must be mended here. */
export function isBug(exception: unknown): boolean {
  return toAppError(exception).code === 'internal_error';
}

function fromHttpException(exception: HttpException): AppError {
  const status = exception.getStatus();
  if (status === HttpStatus.NOT_FOUND) {
    return new AppError('not_found', 'There is no such address: see /docs for those there are.');
  }
  const code = codeForStatus(status);
  if (code === 'internal_error') return new AppError(code, ERRORS.internal_error.example);
  return new AppError(code, plainSentence(exception));
}

/** The router says of a broken escape in a path what it failed to do, and not what to mend. */
function plainSentence({ message }: HttpException): string {
  return message.startsWith('Failed to decode param') ? ERRORS.bad_request.example : message;
}

function codeForStatus(status: number): ErrorCode {
  const known: Record<number, ErrorCode> = {
    400: 'bad_request',
    401: 'unauthenticated',
    403: 'forbidden',
    409: 'conflict',
    413: 'payload_too_large',
    415: 'unsupported_media_type',
  };
  return known[status] ?? (status < 500 ? 'bad_request' : 'internal_error');
}
