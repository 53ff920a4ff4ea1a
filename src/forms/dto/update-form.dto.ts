import { ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import { CreateFormDto } from './create-form.dto.js';

/** The whole form, or what is to change of it. */
export class UpdateFormDto extends PartialType(OmitType(CreateFormDto, ['published'])) {
  @ApiPropertyOptional({ description: 'Whether customers can open it.', example: true })
  @IsOptional()
  @IsBoolean()
  published?: boolean;

  @ApiPropertyOptional({
    description: 'Put away: it is not published any more.',
    example: false,
  })
  @IsOptional()
  @IsBoolean()
  archived?: boolean;
}
