import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, IsArray, ValidateBy } from 'class-validator';

export const MAX_BUTTONS = 10;
const MAX_FIELDS = 10;
const MAX_VALUE_CHARACTERS = 1_000;
/** No name that a database or a language gives a meaning of its own. */
const FIELD_NAME = /^(?!constructor$|prototype$)[A-Za-z][A-Za-z0-9_-]{0,39}$/;
const DATA_URL = /^\s*data:/i;

/** A few flat objects with fields of the app's own choice; pictures only as addresses. */
export function IsButtons(): PropertyDecorator {
  return applyDecorators(
    IsArray(),
    ArrayMaxSize(MAX_BUTTONS),
    ValidateBy(
      {
        name: 'isButtons',
        validator: {
          validate: isButton,
          defaultMessage: () =>
            `each of buttons must be an object of at most ${MAX_FIELDS} fields with numbers, ` +
            `yes or no, or texts of at most ${MAX_VALUE_CHARACTERS} characters, not data: URLs`,
        },
      },
      { each: true },
    ),
  );
}

function isButton(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const fields = Object.entries(value);
  return (
    fields.length <= MAX_FIELDS &&
    fields.every(([name, content]) => FIELD_NAME.test(name) && isContent(content))
  );
}

function isContent(value: unknown): boolean {
  if (typeof value === 'string') {
    return value.length <= MAX_VALUE_CHARACTERS && !DATA_URL.test(value);
  }
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}
