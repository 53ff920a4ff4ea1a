import { ValidateBy } from 'class-validator';

/** A zone of the IANA time zone database, as this server knows it. */
export function IsTimeZone(): PropertyDecorator {
  return ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: isTimeZone,
      defaultMessage: (args) => `${args?.property} must be a time zone such as Asia/Yangon`,
    },
  });
}

function isTimeZone(value: unknown): boolean {
  // The names only: an offset such as +06:30 knows no daylight saving.
  if (typeof value !== 'string' || !/^[A-Za-z][\w+/-]{0,49}$/.test(value)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
