import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';

export class ListCustomersQuery extends listQuery({ default: 100, max: 500 }) {
  @ApiPropertyOptional({
    description: 'Beginnings of words of the name or e-mail, or a phone or its last digits.',
    maxLength: 100,
    example: 'aung',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  q?: string;
}
