import { ApiProperty } from '@nestjs/swagger';
import type { SentMessage } from '../messages.service.js';
import { ConversationResponse } from './conversation.response.js';
import { MessageResponse } from './message.response.js';

/** The conversation after a message was sent, that message last in `messages`, and once alone. */
export class SentMessageResponse extends ConversationResponse {
  @ApiProperty({ type: MessageResponse })
  message: MessageResponse;

  static override from(sent: SentMessage): SentMessageResponse {
    return { ...super.from(sent), message: MessageResponse.from(sent.message) };
  }
}
