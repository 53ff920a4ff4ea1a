import { ApiProperty } from '@nestjs/swagger';
import {
  CONVERSATION_STATUSES,
  type ConversationStatus,
} from '../../conversations/conversation.schema.js';
import type { ConversationResponse } from '../../conversations/dto/conversation.response.js';

/** What a customer hears of their chat. */
export class ChatStatusResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0030' })
  id: string;

  @ApiProperty({ enum: CONVERSATION_STATUSES, example: 'open' })
  status: ConversationStatus;

  static of({ id, status }: ConversationResponse): ChatStatusResponse {
    return { id, status };
  }
}
