import { ApiProperty } from '@nestjs/swagger';
import {
  type Channel,
  CHANNELS,
  CONVERSATION_STATUSES,
  type ConversationStatus,
} from '../conversation.schema.js';
import type { Thread } from '../thread.js';
import { MessageResponse } from './message.response.js';

/** A conversation as the shop's team sees it. */
export class ConversationResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0030' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ description: "The shop's number of the last change.", example: 43 })
  seq: number;

  @ApiProperty({ example: 'Su Su' })
  customerName: string;

  @ApiProperty({
    description: 'The person among the customers, when they are known.',
    type: String,
    nullable: true,
    example: '6741c0c0a5f2d13b8c9e0006',
  })
  customerId: string | null;

  @ApiProperty({ enum: CHANNELS, example: 'web' })
  channel: Channel;

  @ApiProperty({ enum: CONVERSATION_STATUSES, example: 'open' })
  status: ConversationStatus;

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0001' })
  assigneeId: string | null;

  @ApiProperty({ type: [String], example: ['wholesale'] })
  tags: string[];

  @ApiProperty({ example: 'Prefers delivery in the morning.' })
  notes: string;

  @ApiProperty({ example: false })
  isAiActive: boolean;

  @ApiProperty({ example: false })
  isRead: boolean;

  @ApiProperty({
    description: "The customer's messages since the team last read or answered.",
    type: 'integer',
    example: 2,
  })
  unreadCount: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  lastMessageAt: string;

  @ApiProperty({
    description: 'Beginning of the last message that is not a note.',
    maxLength: 200,
    example: 'Yes, we still have the beans.',
  })
  lastMessage: string;

  @ApiProperty({ description: 'The last message number given out, notes included.', example: 7 })
  messageCount: number;

  @ApiProperty({
    type: [MessageResponse],
    description:
      'Oldest first. In one conversation its newest 50; in lists the last that is not a note; in ' +
      'the event `conversation:update` the message that changed the conversation, if one did.',
  })
  messages: MessageResponse[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from({ conversation, messages }: Thread): ConversationResponse {
    return {
      id: conversation._id.toHexString(),
      shopId: conversation.shopId.toHexString(),
      seq: conversation.seq,
      customerName: conversation.customerName,
      customerId: conversation.customerId?.toHexString() ?? null,
      channel: conversation.channel,
      status: conversation.status,
      assigneeId: conversation.assigneeId?.toHexString() ?? null,
      tags: conversation.tags,
      notes: conversation.notes,
      isAiActive: conversation.isAiActive,
      isRead: conversation.isRead,
      unreadCount: conversation.unreadCount,
      lastMessageAt: conversation.lastMessageAt.toISOString(),
      lastMessage: conversation.lastMessage,
      messageCount: conversation.messageCount,
      messages: messages.map((message) => MessageResponse.from(message)),
      createdAt: conversation.createdAt.toISOString(),
      updatedAt: conversation.updatedAt.toISOString(),
    };
  }
}
