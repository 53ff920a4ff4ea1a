import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsMongoId,
  IsOptional,
  IsString,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import { listQuery } from '../../platform/http/list.query.js';
import {
  type Channel,
  CHANNELS,
  CONVERSATION_STATUSES,
  type ConversationStatus,
} from '../conversation.schema.js';

/** In place of a member's id: conversations that nobody is assigned to. */
export const NOBODY = 'none';

const TRUTH = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

export class ListConversationsQuery extends listQuery({ default: 200, max: 500 }) {
  @ApiPropertyOptional({ description: 'Only these.', enum: CONVERSATION_STATUSES, example: 'open' })
  @IsOptional()
  @IsIn(CONVERSATION_STATUSES)
  status?: ConversationStatus;

  @ApiPropertyOptional({
    description: 'Only what came through it.',
    enum: CHANNELS,
    example: 'web',
  })
  @IsOptional()
  @IsIn(CHANNELS)
  channel?: Channel;

  @ApiPropertyOptional({
    description: 'Id of a member, or `none` for what nobody is assigned to.',
    maxLength: 24,
    example: 'none',
  })
  @ValidateIf(({ assigneeId }: { assigneeId?: unknown }) => (assigneeId ?? NOBODY) !== NOBODY)
  @IsMongoId({ message: `assigneeId must be the id of a member, or ${NOBODY}` })
  assigneeId?: string;

  @ApiPropertyOptional({
    description: 'Only what nobody has read (true), or only what was read (false).',
    type: Boolean,
    example: true,
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => TRUTH.get(value) ?? value)
  @IsBoolean({ message: 'unread must be true or false' })
  unread?: boolean;

  @ApiPropertyOptional({
    description: 'Only what has this tag.',
    maxLength: 50,
    example: 'wholesale',
  })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  tag?: string;

  @ApiPropertyOptional({
    description: 'Only those of this customer.',
    pattern: '^[0-9a-fA-F]{24}$',
    example: '6741c0c0a5f2d13b8c9e0006',
  })
  @IsOptional()
  @IsMongoId()
  customerId?: string;

  @ApiPropertyOptional({
    description: "Beginnings of words of the customer's name, or words of the last message.",
    maxLength: 100,
    example: 'su',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  q?: string;
}
