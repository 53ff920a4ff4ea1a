import { ApiProperty } from '@nestjs/swagger';
import { PublicConversationResponse } from './public-conversation.response.js';

export class StartedConversationResponse {
  @ApiProperty({ type: PublicConversationResponse })
  conversation: PublicConversationResponse;

  @ApiProperty({
    description:
      'Opens this conversation until 30 days after its last message, a year at most: `Authorization: Bearer`.',
    example: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl',
  })
  token: string;
}
