import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  type Attachment,
  ATTACHMENT_TYPES,
  type AttachmentType,
  type Message,
  type Sender,
  SENDERS,
} from '../message.schema.js';

export class AttachmentResponse {
  @ApiProperty({ enum: ATTACHMENT_TYPES, example: 'image' })
  type: AttachmentType;

  @ApiProperty({ example: 'https://media.example.com/chat/beans.webp' })
  url: string;

  @ApiPropertyOptional({ example: 'beans.webp' })
  name?: string;

  static from({ type, url, name }: Attachment): AttachmentResponse {
    return { type, url, name };
  }
}

/** A message as the shop's team sees it. */
export class MessageResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0031' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0030' })
  conversationId: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ description: "The shop's number of this change.", example: 43 })
  seq: number;

  @ApiProperty({ description: 'Place in the conversation: 1, 2, 3 …', example: 7 })
  messageNumber: number;

  @ApiProperty({ enum: SENDERS, description: '`user` is the customer.', example: 'seller' })
  sender: Sender;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The team member who wrote.',
    example: '6741c0c0a5f2d13b8c9e0001',
  })
  senderId: string | null;

  @ApiProperty({ example: 'Yes, we still have the beans.' })
  text: string;

  @ApiProperty({ description: 'Epoch milliseconds.', example: 1795424400000 })
  timestamp: number;

  @ApiProperty({ type: AttachmentResponse, nullable: true })
  attachment: AttachmentResponse | null;

  @ApiProperty({ description: 'A private note of the team.', example: false })
  isNote: boolean;

  static from(message: Message): MessageResponse {
    return {
      id: message._id.toHexString(),
      conversationId: message.conversationId.toHexString(),
      shopId: message.shopId.toHexString(),
      seq: message.seq,
      messageNumber: message.messageNumber,
      sender: message.sender,
      senderId: message.senderId,
      text: message.text,
      timestamp: message.timestamp.getTime(),
      attachment: message.attachment && AttachmentResponse.from(message.attachment),
      isNote: message.isNote,
    };
  }
}
