import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsAnswers } from '../../forms/dto/is-answers.decorator.js';
import type { Answers } from '../../forms/form-answers.js';
import { OrderCustomerDto } from '../../orders/dto/order-customer.dto.js';
import { OrderLineDto } from '../../orders/dto/order-line.dto.js';

export class SubmitFormDto {
  @ApiPropertyOptional({
    description: 'By field id of the form; may be left out when the form asks for nothing.',
    type: 'object',
    additionalProperties: {
      oneOf: [
        { type: 'string' },
        { type: 'number' },
        { type: 'boolean' },
        { type: 'array', items: { type: 'string' } },
      ],
    },
    example: { 'full-name': 'Aung Aung' },
  })
  @IsOptional()
  @IsAnswers()
  answers?: Answers;

  @ApiProperty({ type: [OrderLineDto], minItems: 1, maxItems: 50 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  items: OrderLineDto[];

  @ApiProperty({ type: OrderCustomerDto })
  @IsDefined()
  @ValidateNested()
  @Type(() => OrderCustomerDto)
  customer: OrderCustomerDto;

  @ApiPropertyOptional({
    description: 'By name or id; may be the answer to a Payment Selector instead.',
    maxLength: 100,
    example: 'Cash on delivery',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  paymentMethod?: string;

  @ApiPropertyOptional({
    description:
      'A trap for programs that fill in every field. Put it on the page where nobody sees it ' +
      '(`tabindex="-1"`, `autocomplete="off"`, hidden by CSS) and send it as it is: a submission ' +
      'in which it is filled is refused and nothing is stored.',
    maxLength: 500,
    example: '',
  })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  website?: string;
}
