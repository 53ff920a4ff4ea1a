import { ApiProperty } from '@nestjs/swagger';

/** What waits for the team. */
export class UnreadResponse {
  @ApiProperty({ type: 'integer', description: 'Unread conversations, at most 1000.', example: 3 })
  conversations: number;

  @ApiProperty({ type: 'integer', description: 'Unread messages in those.', example: 8 })
  messages: number;
}
