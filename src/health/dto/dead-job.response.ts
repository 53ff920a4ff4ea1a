import { ApiProperty } from '@nestjs/swagger';
import type { Job } from '../../platform/jobs/job.schema.js';

/** Work that failed at every try. */
export class DeadJobResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0011' })
  id: string;

  @ApiProperty({ description: 'What it does.', example: 'push.send' })
  name: string;

  @ApiProperty({
    description: 'What it is about: a job of a name and a key is there once.',
    example: '6741c0c0a5f2d13b8c9e0012:6741c0c0a5f2d13b8c9e0013',
  })
  key: string;

  @ApiProperty({ example: 7 })
  failures: number;

  @ApiProperty({ description: 'Why it failed last.', example: 'fcm.googleapis.com answered 503' })
  error: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  failedAt: string;

  static from({ _id, name, data, failCount, failReason, failedAt }: Job): DeadJobResponse {
    return {
      id: _id.toHexString(),
      name,
      key: data.key,
      failures: failCount ?? 0,
      error: failReason ?? '',
      failedAt: (failedAt ?? _id.getTimestamp()).toISOString(),
    };
  }
}
