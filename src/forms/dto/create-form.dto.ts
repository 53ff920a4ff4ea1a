import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { FormFieldDto } from './form-field.dto.js';

export class CreateFormDto {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Coffee order' })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name: string;

  @ApiProperty({ type: [FormFieldDto], maxItems: 100 })
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => FormFieldDto)
  fields: FormFieldDto[];

  @ApiPropertyOptional({
    description: 'Whether customers can open it.',
    default: true,
    example: true,
  })
  @IsOptional()
  @IsBoolean()
  published?: boolean;
}
