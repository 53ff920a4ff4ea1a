import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import type { AppError } from './app-error.js';
import { RequestValidationPipe } from './validation.pipe.js';

class Size {
  @IsInt()
  grams: number;
}

class Line {
  @IsInt()
  quantity: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => Size)
  size?: Size;
}

class Body {
  @IsString()
  @MaxLength(5)
  name: string;

  @ArrayMaxSize(3)
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

  const line = { quantity: 1 };
  it.each([
    ['an empty list', [[]], 'lines.0', 'must be an object'],
    ['a list', [[line]], 'lines.0', 'must be an object'],
    ['null', [line, null], 'lines.1', 'must be an object'],
    ['a text', ['x'], 'lines.0', 'must be an object'],
    ['an object for the list', {}, 'lines', 'must be an array'],
    ['a text for the list', 'x', 'lines', 'must be an array'],
    ['a list within', [{ ...line, size: [] }], 'lines.0.size', 'must be an object'],
    [
      'one with an object',
      [{ ...line, size: [{ grams: 1 }] }],
      'lines.0.size',
      'must be an object',
    ],
    ['too many', Array(3_000).fill(line), 'lines', 'must contain no more than 3 elements'],
  ])('has no other shape than its DTO, such as %s', async (_, lines, field, rule) => {
    await expect(check({ name: 'tea', lines })).rejects.toMatchObject({
      code: 'validation_failed',
      details: [{ field, message: `${field} ${rule}` }],
    });
  });

  it('may leave out what its DTO may leave out', async () => {
    const sent = { name: 'tea', lines: [{ quantity: 1, size: null }, { quantity: 2 }] };
    expect(await check(sent)).toEqual(sent);
  });
});
