import { ApiProperty } from '@nestjs/swagger';

export class UnreadCountResponse {
  @ApiProperty({ description: 'Counts no further than 1000.', type: 'integer', example: 3 })
  unread: number;
}
