import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  json,
  type NextFunction,
  raw,
  type Request,
  type RequestHandler,
  type Response,
  urlencoded,
} from 'express';
import { from, type Observable, switchMap } from 'rxjs';
import { AppError, ERRORS } from './app-error.js';
import { MEBIBYTE, tooLarge } from './body-limits.js';
import { ACCEPTS_CSV, CSV_BODY_LIMIT } from './csv-body.js';
import { ACCEPTS_FILES, FILES_BODY_LIMIT } from './files-body.js';

const BODY_LIMIT = MEBIBYTE;
const PICTURE_BODY_LIMIT = 12 * MEBIBYTE;
const FORM_BODY_LIMIT = 8 * 1024;
const MAX_FORM_FIELDS = 10;
const ACCEPTS_PICTURES = 'accepts-pictures';
const ACCEPTS_FORM = 'accepts-form';

/** Platforms sign the bytes that they send: there a body stays a Buffer. */
const WEBHOOKS = /^\/webhook\//;

const parseBody = json({ limit: BODY_LIMIT });
const keepBody = raw({ limit: BODY_LIMIT, type: () => true });
const parsePictureBody = json({ limit: PICTURE_BODY_LIMIT });
/** Flat: `a[$gt]=1` is a field of that name. */
const parseForm = urlencoded({
  extended: false,
  limit: FORM_BODY_LIMIT,
  parameterLimit: MAX_FORM_FIELDS,
});

/** The app sends pictures as data URLs to this route: its body may be up to 12 MB. */
export const AcceptsPictures = () => SetMetadata(ACCEPTS_PICTURES, true);

/** A page of ours posts its form to this route, which takes nothing else; never one of the API. */
export const AcceptsForm = () => SetMetadata(ACCEPTS_FORM, true);

/** Parses JSON bodies of up to 1 MB; larger ones wait until the caller is known. */
export function jsonBody(request: Request, response: Response, next: NextFunction): void {
  const parse = WEBHOOKS.test(request.path) ? keepBody : parseBody;
  if (declaredLength(request) > BODY_LIMIT) next();
  else parse(request, response, (error?: unknown) => next(error && toAppError(error)));
}

/**
 * Runs after the guards: refuses what is not JSON, since a form's `a[$gt]=1` would arrive as an
 * operator without a preflight, and reads a large body only for a caller with the right to send it.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    if (this.reflector.get(ACCEPTS_CSV, context.getHandler())) {
      requireCsv(request);
      return next.handle();
    }
    if (this.reflector.get(ACCEPTS_FILES, context.getHandler())) {
      requireFiles(request);
      return next.handle();
    }
    if (this.reflector.get(ACCEPTS_FORM, context.getHandler())) {
      const response = context.switchToHttp().getResponse<Response>();
      return from(readForm(request, response)).pipe(switchMap(() => next.handle()));
    }
    if (!hasBody(request)) return next.handle();
    if (!request.is('application/json')) {
      throw new AppError('unsupported_media_type', 'Send the body as application/json.');
    }
    if (declaredLength(request) <= BODY_LIMIT) return next.handle();
    if (!this.reflector.get(ACCEPTS_PICTURES, context.getHandler())) throw tooLarge(BODY_LIMIT);
    const response = context.switchToHttp().getResponse<Response>();
    return from(readPictureBody(request, response)).pipe(switchMap(() => next.handle()));
  }
}

/** The route reads the file itself, while it comes. */
function requireCsv(request: Request): void {
  if (!request.is('text/csv') || request.headers['content-encoding']) {
    throw new AppError('unsupported_media_type', 'Send the file as text/csv, not compressed.');
  }
  if (declaredLength(request) > CSV_BODY_LIMIT) throw tooLarge(CSV_BODY_LIMIT);
}

/** The route reads the files itself, while they come. */
function requireFiles(request: Request): void {
  if (!request.is('multipart/form-data') || request.headers['content-encoding']) {
    const sentence = 'Send the files as multipart/form-data, not compressed.';
    throw new AppError('unsupported_media_type', sentence);
  }
  if (declaredLength(request) > FILES_BODY_LIMIT) throw tooLarge(FILES_BODY_LIMIT);
}

/** The parser's errors carry `type` and `status`; what it did not foresee stays as it is. */
function toAppError(error: unknown): unknown {
  const { type, status, limit } = error as { type?: string; status?: number; limit?: number };
  if (type === 'entity.too.large') return tooLarge(limit ?? BODY_LIMIT);
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new AppError('unsupported_media_type', 'Send the body as UTF-8, gzip at most.');
  }
  if (status === ERRORS.malformed_body.status) {
    return new AppError('malformed_body', ERRORS.malformed_body.example);
  }
  return error;
}

async function readPictureBody(request: Request, response: Response): Promise<void> {
  if (declaredLength(request) > PICTURE_BODY_LIMIT) throw tooLarge(PICTURE_BODY_LIMIT);
  await read(parsePictureBody, request, response);
}

async function readForm(request: Request, response: Response): Promise<void> {
  if (!request.is('application/x-www-form-urlencoded')) {
    throw new AppError('unsupported_media_type', 'Send the form of our page, as a browser does.');
  }
  await read(parseForm, request, response);
}

async function read(parse: RequestHandler, request: Request, response: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    void parse(request, response, (error?: unknown) =>
      error ? reject(toAppError(error)) : resolve(),
    );
  });
}

function declaredLength(request: Request): number {
  return Number(request.headers['content-length'] ?? 0);
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || declaredLength(request) > 0;
}
