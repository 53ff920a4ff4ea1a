import { ApiProperty } from '@nestjs/swagger';
import { type Message, type Sender, SENDERS } from '../message.schema.js';
import { AttachmentResponse, type MessageResponse } from './message.response.js';

/** A message as the customer sees it: not who of the team wrote it, and no number with gaps of notes. */
export class PublicMessageResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0031' })
  id: string;

  @ApiProperty({ enum: SENDERS, description: '`user` is the customer.', example: 'user' })
  sender: Sender;

  @ApiProperty({ example: 'Two, please.' })
  text: string;

  @ApiProperty({ description: 'Epoch milliseconds.', example: 1795424400000 })
  timestamp: number;

  @ApiProperty({ type: AttachmentResponse, nullable: true })
  attachment: AttachmentResponse | null;

  static from(message: Message): PublicMessageResponse {
    return {
      id: message._id.toHexString(),
      sender: message.sender,
      text: message.text,
      timestamp: message.timestamp.getTime(),
      attachment: message.attachment && AttachmentResponse.from(message.attachment),
    };
  }

  /** Of what the team sees; a note must not come this far. */
  static of({ id, sender, text, timestamp, attachment }: MessageResponse): PublicMessageResponse {
    return { id, sender, text, timestamp, attachment };
  }
}
