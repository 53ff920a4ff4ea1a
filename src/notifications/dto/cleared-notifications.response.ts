import { ApiProperty } from '@nestjs/swagger';

/** Notifications that are read, or gone: what shows them takes them away. */
export class ClearedNotificationsResponse {
  @ApiProperty({
    description: 'Which; null: all of them.',
    type: [String],
    nullable: true,
    example: ['6741c0c0a5f2d13b8c9e0050'],
  })
  ids: string[] | null;

  @ApiProperty({ description: 'Whether they were deleted.', example: false })
  isDeleted: boolean;
}
