import { HttpException, HttpStatus } from '@nestjs/common';

interface ErrorDefinition {
  status: HttpStatus;
  /** What a caller may read; the thrown sentence names the case. */
  example: string;
}

/** Every machine-readable code of a failure: its HTTP status, and an example for the docs. */
export const ERRORS = {
  validation_failed: { status: HttpStatus.BAD_REQUEST, example: 'Please correct: name.' },
  malformed_body: {
    status: HttpStatus.BAD_REQUEST,
    example: 'The body is not valid JSON: send one object in double-quoted JSON.',
  },
  invalid_cursor: {
    status: HttpStatus.BAD_REQUEST,
    example: 'The cursor is not one of ours: pass meta.nextCursor of the page before.',
  },
  bad_request: {
    status: HttpStatus.BAD_REQUEST,
    example: 'The address holds a broken percent escape: correct it.',
  },
  unauthenticated: {
    status: HttpStatus.UNAUTHORIZED,
    example: 'Sign in first: the token is missing or has expired.',
  },
  invalid_credentials: {
    status: HttpStatus.UNAUTHORIZED,
    example: 'The e-mail or the password is wrong.',
  },
  cross_site: {
    status: HttpStatus.FORBIDDEN,
    example: 'A page of another site may not act with your cookies: call from the app.',
  },
  reauthentication_required: {
    status: HttpStatus.FORBIDDEN,
    example: 'Sign in with your password again: the last time is more than 10 minutes ago.',
  },
  forbidden: {
    status: HttpStatus.FORBIDDEN,
    example: 'Your role in this shop does not allow this: ask its owner.',
  },
  link_expired: {
    status: HttpStatus.FORBIDDEN,
    example: 'This address is no longer good: read again what shows the file, for a new one.',
  },
  not_found: {
    status: HttpStatus.NOT_FOUND,
    example: 'There is no such product: check its id.',
  },
  conflict: {
    status: HttpStatus.CONFLICT,
    example: 'Someone changed it meanwhile: read it again.',
  },
  conversation_moved_on: {
    status: HttpStatus.CONFLICT,
    example: 'The conversation has moved on since message 7: read what is new first.',
  },
  invalid_signature: {
    status: HttpStatus.BAD_REQUEST,
    example: 'The signature of this webhook is wrong: check its secret.',
  },
  invalid_token: {
    status: HttpStatus.BAD_REQUEST,
    example: 'This link has been used or is too old: ask for a new one.',
  },
  last_owner: {
    status: HttpStatus.CONFLICT,
    example: 'A shop keeps its owner: transfer the ownership first.',
  },
  email_taken: {
    status: HttpStatus.CONFLICT,
    example: 'There is an account with this e-mail already: sign in instead.',
  },
  username_taken: {
    status: HttpStatus.CONFLICT,
    example: 'Somebody has this username already: choose another.',
  },
  slug_taken: {
    status: HttpStatus.CONFLICT,
    example: 'Another shop has this address already: choose another slug.',
  },
  sku_taken: {
    status: HttpStatus.CONFLICT,
    example: 'Another product of this shop has the SKU "BEANS-1KG" already: choose another.',
  },
  out_of_stock: { status: HttpStatus.CONFLICT, example: 'Coffee beans: only 2 are left.' },
  already_paid: {
    status: HttpStatus.CONFLICT,
    example: 'This order is paid already.',
  },
  not_payable: {
    status: HttpStatus.CONFLICT,
    example: 'This order is cancelled: place a new one.',
  },
  not_refundable: {
    status: HttpStatus.CONFLICT,
    example: 'Only 5 USD of this payment can still be refunded.',
  },
  payment_refused: {
    status: HttpStatus.CONFLICT,
    example: 'The card was declined: try another way to pay.',
  },
  illegal_status: {
    status: HttpStatus.CONFLICT,
    example: 'This order is completed: it can become returned, not pending.',
  },
  idempotency_in_progress: {
    status: HttpStatus.CONFLICT,
    example: 'The first request with this Idempotency-Key still runs: ask again in a moment.',
  },
  payload_too_large: {
    status: HttpStatus.PAYLOAD_TOO_LARGE,
    example: 'The body is too large: send at most 1 MB.',
  },
  range_not_satisfiable: {
    status: HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    example: 'The file has 500000 bytes: ask for some of them.',
  },
  request_timeout: {
    status: HttpStatus.REQUEST_TIMEOUT,
    example: 'The request came too slowly: send it again, all at once.',
  },
  unsupported_media_type: {
    status: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
    example: 'Send the body as application/json.',
  },
  idempotency_key_reused: {
    status: HttpStatus.UNPROCESSABLE_ENTITY,
    example: 'This Idempotency-Key was used with another body: use a new one.',
  },
  amount_mismatch: {
    status: HttpStatus.UNPROCESSABLE_ENTITY,
    example: 'The amount 10 USD is not that of the order, 39.98 USD: send none, or that.',
  },
  amount_not_payable: {
    status: HttpStatus.UNPROCESSABLE_ENTITY,
    example: 'Stripe takes no 0.10 USD: it takes at least 0.50 USD.',
  },
  scopes_missing: {
    status: HttpStatus.UNPROCESSABLE_ENTITY,
    example: 'Facebook did not allow pages_messaging: connect again and allow everything.',
  },
  no_page: {
    status: HttpStatus.UNPROCESSABLE_ENTITY,
    example: 'There is no page that you may answer messages for: make one, or allow it.',
  },
  rate_limited: {
    status: HttpStatus.TOO_MANY_REQUESTS,
    example: 'Too many requests: try again in 20 seconds.',
  },
  internal_error: {
    status: HttpStatus.INTERNAL_SERVER_ERROR,
    example: 'Something went wrong on our side. Try again; if it stays, report the request id.',
  },
  database_unavailable: {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    example: 'The database does not answer at the moment: try again in a few seconds.',
  },
  provider_not_configured: {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    example: 'Facebook is not set up here: set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET.',
  },
  mail_not_configured: {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    example: 'This server cannot send e-mail: its operator must set SMTP_URL.',
  },
  provider_failed: {
    status: HttpStatus.BAD_GATEWAY,
    example: 'Facebook did not answer as it should: try again.',
  },
  not_ready: { status: HttpStatus.SERVICE_UNAVAILABLE, example: 'Not ready: stopping.' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

export interface FieldError {
  /** Dotted path of the field in what was sent. */
  field: string;
  message: string;
}

interface AppErrorOptions {
  details?: FieldError[];
  retryAfterSeconds?: number;
  /** What the caller needs to go on, where the sentence cannot hold it. */
  data?: object;
}

/** More than anybody corrects at once. */
const MAX_DETAILS = 50;

/** A failure the caller can act on: a sentence that names the remedy, and a code for programs. */
export class AppError extends HttpException {
  readonly details?: FieldError[];
  readonly retryAfterSeconds?: number;
  readonly data?: object;

  constructor(
    readonly code: ErrorCode,
    sentence: string,
    options: AppErrorOptions = {},
  ) {
    super(sentence, ERRORS[code].status);
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.data = options.data;
  }

  /** @param thing the entity in words, such as `order` */
  static notFound(thing: string): AppError {
    return new AppError('not_found', `There is no such ${thing}: check its id.`);
  }

  static validation(details: FieldError[]): AppError {
    const told = details.slice(0, MAX_DETAILS);
    const fields = [...new Set(told.map(({ field }) => field))];
    const more = details.length > told.length ? ', and more' : '';
    return new AppError('validation_failed', `Please correct: ${fields.join(', ')}${more}.`, {
      details: told,
    });
  }

  static conflict(code: ErrorCode, sentence: string): AppError {
    return new AppError(code, sentence);
  }
}
