import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class HealthResponse {
  @ApiProperty({ enum: ['live', 'ready'], example: 'ready' })
  status: 'live' | 'ready';

  @ApiPropertyOptional({
    description: 'What was asked, by name.',
    type: 'object',
    additionalProperties: { type: 'string', enum: ['up'] },
    example: { database: 'up' },
  })
  checks?: Record<string, 'up'>;
}
