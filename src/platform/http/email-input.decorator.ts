import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, MaxLength } from 'class-validator';
import { EMAIL_RULES, MAX_EMAIL_CHARACTERS, normaliseEmail } from './email-address.js';

interface EmailDocs {
  description?: string;
  required?: boolean;
  example?: string;
}

/** An e-mail address in a body: brought to its normal form first, then checked. */
export function EmailInput({
  description,
  required = true,
  example = 'mya@example.com',
}: EmailDocs = {}): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ description, required, maxLength: MAX_EMAIL_CHARACTERS, example }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? normaliseEmail(value) : value,
    ),
    MaxLength(MAX_EMAIL_CHARACTERS),
    IsEmail(EMAIL_RULES),
  );
}
