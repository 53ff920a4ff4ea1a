import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsIn,
  IsMongoId,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsAnswers } from '../../forms/dto/is-answers.decorator.js';
import type { Answers } from '../../forms/form-answers.js';
import { ORDER_CHANNELS, type OrderChannel } from '../order-channel.js';
import { OrderCustomerDto } from './order-customer.dto.js';
import { OrderLineDto } from './order-line.dto.js';

export class CreateOrderDto {
  @ApiProperty({ type: OrderCustomerDto })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => OrderCustomerDto)
  customer: OrderCustomerDto;

  @ApiProperty({ type: [OrderLineDto], minItems: 1, maxItems: 50 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  items: OrderLineDto[];

  @ApiPropertyOptional({ pattern: '^[0-9a-fA-F]{24}$', example: '6741c0c0a5f2d13b8c9e0004' })
  @IsOptional()
  @IsMongoId()
  formId?: string;

  @ApiPropertyOptional({
    description: 'By field id of the form in `formId`; without a form there are none.',
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

  @ApiPropertyOptional({
    description: 'Where the customer ordered.',
    enum: ORDER_CHANNELS,
    default: 'counter',
    example: 'facebook',
  })
  @IsOptional()
  @IsIn(ORDER_CHANNELS)
  channel?: OrderChannel;

  @ApiPropertyOptional({ maxLength: 100, example: 'Cash on delivery' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  paymentMethod?: string;

  @ApiPropertyOptional({ maxLength: 2000, example: 'Calls for it on Friday.' })
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  notes?: string;
}
