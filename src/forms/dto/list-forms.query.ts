import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';

export class ListFormsQuery extends listQuery({ default: 100, max: 100 }) {
  @ApiPropertyOptional({
    description: 'Only those that customers can, or cannot, open.',
    example: true,
  })
  @IsFlag()
  published?: boolean;

  @ApiPropertyOptional({
    description: 'Those that were put away, instead of the others.',
    default: false,
    example: false,
  })
  @IsFlag()
  archived?: boolean;
}

/** `true` or `false` in an address. */
function IsFlag(): PropertyDecorator {
  const FLAGS = new Map<unknown, boolean>([
    ['true', true],
    ['false', false],
  ]);
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => FLAGS.get(value) ?? value),
    IsBoolean(),
    IsOptional(),
  );
}
