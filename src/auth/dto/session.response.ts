import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Session } from '../session.schema.js';

/** One device that is signed in, as its owner sees it. */
export class SessionResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0005' })
  id: string;

  @ApiPropertyOptional({ example: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0' })
  userAgent?: string;

  @ApiPropertyOptional({ description: 'Address of the sign-in.', example: '203.0.113.7' })
  ip?: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({
    description: 'To the minute.',
    format: 'date-time',
    example: '2026-11-23T10:00:00.000Z',
  })
  lastUsedAt: string;

  @ApiProperty({ description: 'Whether this is the device that asks.', example: true })
  current: boolean;

  static from(session: Session, currentId: string): SessionResponse {
    const id = session._id.toHexString();
    return {
      id,
      userAgent: session.userAgent,
      ip: session.ip,
      createdAt: session.createdAt.toISOString(),
      lastUsedAt: session.lastUsedAt.toISOString(),
      current: id === currentId,
    };
  }
}
