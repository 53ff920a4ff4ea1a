import { applyDecorators } from '@nestjs/common';
import { Matches, ValidateBy } from 'class-validator';

/** The forms of ISO 8601 that a Date understands as they are meant: no weeks, no days of a year. */
const INSTANT =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A day (its beginning in UTC) or a moment with its offset, that there is. */
export function IsInstant(): PropertyDecorator {
  const message = '$property must be a date such as 2026-11-23 or 2026-11-23T09:00:00Z';
  return applyDecorators(
    Matches(INSTANT, { message }),
    ValidateBy(
      { name: 'isInstant', validator: { validate: (value) => isThere(String(value)) } },
      { message },
    ),
  );
}

/** A Date takes the 30th of February for the 2nd of March. */
function isThere(text: string): boolean {
  const day = text.slice(0, 'YYYY-MM-DD'.length);
  const [at, midnight] = [new Date(text), new Date(`${day}T00:00:00Z`)];
  if (Number.isNaN(at.getTime()) || Number.isNaN(midnight.getTime())) return false;
  return midnight.toISOString().startsWith(day);
}
