import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { asTimeZone } from './time-zone.js';

/** A zone of the IANA time zone database, as this server knows it, in any case. */
export function TimeZoneInput(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      return typeof value === 'string' ? (asTimeZone(value) ?? value) : value;
    }),
    ValidateBy({
      name: 'isTimeZone',
      validator: {
        validate: (value) => typeof value === 'string' && asTimeZone(value) !== undefined,
        defaultMessage: (args) => `${args?.property} must be a time zone such as Asia/Yangon`,
      },
    }),
  );
}
