import { ApiProperty } from '@nestjs/swagger';
import type { WebhookEndpoint } from '../webhook-endpoint.schema.js';
import { WEBHOOK_EVENTS, type WebhookEventName } from '../webhook-events.js';
import { PAUSE_AFTER_DAYS } from '../webhook-limits.js';

const DAY_MS = 86_400_000;

export class WebhookResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e000a' })
  id: string;

  @ApiProperty({ example: 'https://integrator.example/cliick' })
  url: string;

  @ApiProperty({ example: 'Bookkeeping' })
  description: string;

  @ApiProperty({ enum: WEBHOOK_EVENTS, isArray: true, example: ['order.created'] })
  events: WebhookEventName[];

  @ApiProperty({
    description: 'False while it is paused: nothing is sent, and what happens is not kept for it.',
    example: true,
  })
  enabled: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  pausedAt: string | null;

  @ApiProperty({
    description: 'Who or what has paused it, and how it goes on.',
    type: String,
    nullable: true,
    example: null,
  })
  pauseReason: string | null;

  @ApiProperty({
    description: 'The first failure since something was delivered.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T09:00:00.000Z',
  })
  failingSince: string | null;

  @ApiProperty({
    description: `${PAUSE_AFTER_DAYS} days after \`failingSince\`: a delivery that is given up later pauses it.`,
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-26T09:00:00.000Z',
  })
  pausesAt: string | null;

  @ApiProperty({
    description: 'After so many days in which every delivery failed it is paused.',
    type: 'integer',
    example: PAUSE_AFTER_DAYS,
  })
  pauseAfterDays: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' })
  updatedAt: string;

  static from(endpoint: WebhookEndpoint): WebhookResponse {
    const { failingSince, enabled } = endpoint;
    const pausesAt =
      failingSince && enabled
        ? new Date(failingSince.getTime() + PAUSE_AFTER_DAYS * DAY_MS)
        : undefined;
    return {
      id: endpoint._id.toHexString(),
      url: endpoint.url,
      description: endpoint.description,
      events: endpoint.events,
      enabled,
      pausedAt: endpoint.pausedAt?.toISOString() ?? null,
      pauseReason: endpoint.pauseReason ?? null,
      failingSince: failingSince?.toISOString() ?? null,
      pausesAt: pausesAt?.toISOString() ?? null,
      pauseAfterDays: PAUSE_AFTER_DAYS,
      createdAt: endpoint.createdAt.toISOString(),
      updatedAt: endpoint.updatedAt.toISOString(),
    };
  }
}
