import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class HealthResponse {
  @ApiProperty({
    description: 'Degraded: it serves, but what processes share through Redis is not shared.',
    enum: ['live', 'ready', 'degraded'],
    example: 'ready',
  })
  status: 'live' | 'ready' | 'degraded';

  @ApiPropertyOptional({
    description: 'What was asked, by name.',
    type: 'object',
    additionalProperties: { type: 'string', enum: ['up', 'down'] },
    example: { database: 'up' },
  })
  checks?: Record<string, 'up' | 'down'>;
}
