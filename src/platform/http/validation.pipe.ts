import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { AppError, type FieldError } from './app-error.js';
import { requireClean } from './clean-input.js';
import { sealKept } from './kept-as-sent.decorator.js';
import { knownFields, requireShape } from './known-fields.js';

const MAX_KEY_SHOWN = 100;

/**
 * Checks every body and query against its DTO: unknown fields are dropped (the app
 * sends whole objects), types are taken as they are, and every wrong field is named at once.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidUnknownValues: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => AppError.validation(errors.flatMap((error) => flatten(error))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // A path that cannot be is not found, whatever is in it.
    if (metadata.type !== 'body' && metadata.type !== 'query') {
      return super.transform(value, metadata);
    }
    if (metadata.type === 'query') requirePlainKeys(value);
    const known = knownFields(value, metadata.metatype);
    requireClean(known, metadata.data ?? '');
    requireShape(known, metadata.metatype);
    return super.transform(sealKept(known, metadata.metatype), metadata);
  }
}

/** A key with brackets means an operator, or a list, elsewhere: here it would be dropped unsaid. */
function requirePlainKeys(query: unknown): void {
  const bracketed = Object.keys(query ?? {}).filter((key) => /[[\]]/.test(key));
  if (bracketed.length === 0) return;
  const message = 'must be a plain name, without brackets';
  const fields = bracketed.map((key) => key.slice(0, MAX_KEY_SHOWN));
  throw AppError.validation(fields.map((field) => ({ field, message })));
}

function flatten(error: ValidationError, parent = ''): FieldError[] {
  const field = parent ? `${parent}.${error.property}` : error.property;
  // The first decorator of a field is its most basic rule, and its message comes last.
  const message = Object.values(error.constraints ?? {}).at(-1);
  return [
    ...(message ? [{ field, message }] : []),
    ...(error.children ?? []).flatMap((child) => flatten(child, field)),
  ];
}
