import { ApiProperty } from '@nestjs/swagger';
import {
  CONVERSATION_STATUSES,
  type ConversationStatus,
} from '../../conversations/conversation.schema.js';
import { PublicMessageResponse } from '../../conversations/dto/public-message.response.js';
import type { Thread } from '../../conversations/thread.js';

/** A web chat as its customer sees it: nothing the team keeps for itself. */
export class PublicConversationResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0030' })
  id: string;

  @ApiProperty({ example: 'Su Su' })
  customerName: string;

  @ApiProperty({ enum: CONVERSATION_STATUSES, example: 'open' })
  status: ConversationStatus;

  @ApiProperty({ type: [PublicMessageResponse], description: 'Oldest first.' })
  messages: PublicMessageResponse[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' })
  createdAt: string;

  static from({ conversation, messages }: Thread): PublicConversationResponse {
    return {
      id: conversation._id.toHexString(),
      customerName: conversation.customerName,
      status: conversation.status,
      messages: messages
        .filter(({ isNote }) => !isNote)
        .map((message) => PublicMessageResponse.from(message)),
      createdAt: conversation.createdAt.toISOString(),
    };
  }
}
