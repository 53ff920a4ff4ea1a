import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsMongoId,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  Min,
} from 'class-validator';
import { CONVERSATION_STATUSES, type ConversationStatus } from '../conversation.schema.js';

/** What is left out stays as it is. */
export class UpdateConversationDto {
  @ApiPropertyOptional({ maxLength: 100, example: 'Su Su' })
  @IsOptional()
  @IsString()
  @Matches(/\S/, { message: 'customerName must not be empty' })
  @MaxLength(100)
  customerName?: string;

  @ApiPropertyOptional({ enum: CONVERSATION_STATUSES, example: 'closed' })
  @IsOptional()
  @IsIn(CONVERSATION_STATUSES)
  status?: ConversationStatus;

  @ApiPropertyOptional({
    description: 'A member of the team; null or empty: nobody.',
    type: String,
    nullable: true,
    maxLength: 24,
    example: '6741c0c0a5f2d13b8c9e0001',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === '' ? null : value))
  @IsMongoId()
  assigneeId?: string | null;

  @ApiPropertyOptional({
    description: 'One of the customers; null or empty: not known.',
    type: String,
    nullable: true,
    maxLength: 24,
    example: null,
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === '' ? null : value))
  @IsMongoId()
  customerId?: string | null;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 50 },
    maxItems: 20,
    example: ['wholesale'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Matches(/\S/, { each: true, message: 'each of tags must not be empty' })
  @MaxLength(50, { each: true })
  tags?: string[];

  @ApiPropertyOptional({ maxLength: 5000, example: 'Prefers delivery in the morning.' })
  @IsOptional()
  @IsString()
  @MaxLength(5000)
  notes?: string;

  @ApiPropertyOptional({ example: false })
  @IsOptional()
  @IsBoolean()
  isAiActive?: boolean;

  @ApiPropertyOptional({ example: true })
  @IsOptional()
  @IsBoolean()
  isRead?: boolean;

  @ApiPropertyOptional({
    description:
      'With `isRead: true`: the last message number that was seen. What the customer has written ' +
      'after it stays unread.',
    type: 'integer',
    minimum: 0,
    example: 7,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  readUpTo?: number;
}
