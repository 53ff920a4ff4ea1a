import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/**
 * Query of a list with its own limits: `class ListOrdersQuery extends listQuery({ ... }) {}`.
 * @param limits rows of a page when the caller names none, and at most; longest cursor, where the
 *   list's order is one by texts
 */
export function listQuery(limits: { default: number; max: number; cursor?: number }) {
  const cursorLength = limits.cursor ?? 200;
  class ListQuery {
    @ApiPropertyOptional({
      description: 'Rows of a page.',
      minimum: 1,
      maximum: limits.max,
      default: limits.default,
      example: 20,
    })
    @IsOptional()
    @Type(() => Number)
    @IsInt()
    @Min(1)
    @Max(limits.max)
    limit: number = limits.default;

    @ApiPropertyOptional({
      description: '`meta.nextCursor` of the page before.',
      maxLength: cursorLength,
      example: 'MTc2Mzg5MTIwMDAwMC42NzQxYzBjMGE1ZjJkMTNiOGM5ZTAwMDE',
    })
    @IsOptional()
    @IsString()
    @MaxLength(cursorLength)
    cursor?: string;
  }
  return ListQuery;
}
