import { Type } from 'class-transformer';
import { IsInt, IsString, MaxLength, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import type { AppError } from './app-error.js';
import { RequestValidationPipe } from './validation.pipe.js';

class Line {
  @IsInt()
  quantity: number;
}

class Body {
  @IsString()
  @MaxLength(5)
  name: string;

  @ValidateNested({ each: true })
  @Type(() => Line)
  lines: Line[];
}

const check = (value: unknown): Promise<unknown> =>
  new RequestValidationPipe().transform(value, { type: 'body', metatype: Body });

describe('a checked body', () => {
  it('is an instance of its DTO without unknown fields, at any depth', async () => {
    const sent = { name: 'tea', role: 'owner', lines: [{ quantity: 1, price: 0 }] };
    const body = await check(sent);
    expect(body).toBeInstanceOf(Body);
    expect(body).toEqual({ name: 'tea', lines: [{ quantity: 1 }] });
  });

  it('names each wrong field once, by its most basic rule, and converts nothing', async () => {
    const sent = { name: 1, lines: [{ quantity: '1' }] };
    const error = (await check(sent).catch((refusal: unknown) => refusal)) as AppError;
    expect(error.code).toBe('validation_failed');
    expect(error.details).toEqual([
      { field: 'name', message: 'name must be a string' },
      { field: 'lines.0.quantity', message: 'quantity must be an integer number' },
    ]);
  });
});
