import { ApiProperty } from '@nestjs/swagger';
import {
  DELIVERY_STATES,
  type DeliveryAttempt,
  type DeliveryState,
  type WebhookDelivery,
} from '../webhook-delivery.schema.js';
import { MAX_ATTEMPTS_KEPT } from '../webhook-limits.js';

export class DeliveryAttemptResponse {
  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  at: string;

  @ApiProperty({
    description: 'What the endpoint answered; null when it did not.',
    type: 'integer',
    nullable: true,
    example: 500,
  })
  status: number | null;

  @ApiProperty({ description: 'How long it took.', type: 'integer', example: 84 })
  ms: number;

  @ApiProperty({
    description: 'Null for a success.',
    type: String,
    nullable: true,
    example: 'answered 500',
  })
  error: string | null;

  static from({ at, status, ms, error }: DeliveryAttempt): DeliveryAttemptResponse {
    return { at: at.toISOString(), status, ms, error };
  }
}

export class WebhookDeliveryResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e000b' })
  id: string;

  @ApiProperty({
    description: '`Cliick-Event-Id`: the same for every try and every redelivery.',
    example: 'evt_3f1a0c9d5b7e4826a1c0d9e8f7b6a594',
  })
  eventId: string;

  @ApiProperty({ example: 'order.created' })
  event: string;

  @ApiProperty({ enum: DELIVERY_STATES, example: 'pending' })
  state: DeliveryState;

  @ApiProperty({
    description: 'Tries since it was last asked for.',
    type: 'integer',
    example: 1,
  })
  tries: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-23T09:00:30.000Z',
  })
  nextTryAt: string | null;

  @ApiProperty({
    description: `The newest ${MAX_ATTEMPTS_KEPT}, oldest first.`,
    type: [DeliveryAttemptResponse],
  })
  attempts: DeliveryAttemptResponse[];

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({
    description: 'When it is forgotten.',
    format: 'date-time',
    example: '2026-11-30T09:00:00.000Z',
  })
  expiresAt: string;

  static from(delivery: WebhookDelivery): WebhookDeliveryResponse {
    return {
      id: delivery._id.toHexString(),
      eventId: delivery.eventId,
      event: delivery.event,
      state: delivery.state,
      tries: delivery.tries,
      nextTryAt: delivery.nextTryAt?.toISOString() ?? null,
      attempts: delivery.attempts.map((attempt) => DeliveryAttemptResponse.from(attempt)),
      createdAt: delivery.createdAt.toISOString(),
      expiresAt: delivery.expiresAt.toISOString(),
    };
  }
}
