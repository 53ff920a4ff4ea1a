import { ApiProperty } from '@nestjs/swagger';
import { toDecimal } from '../../platform/money/money.js';
import type { PaymentEvent } from '../payment-event.schema.js';
import {
  type Actor,
  ACTOR_KINDS,
  PAYMENT_EVENT_KINDS,
  type PaymentEventKind,
} from '../payment-events.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../payment-status.js';

class ActorResponse {
  @ApiProperty({ enum: ACTOR_KINDS, example: 'member' })
  kind: Actor['kind'];

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0001' })
  userId: string | null;
}

/** One line of a payment's log. */
export class PaymentEventResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e000a' })
  id: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  at: string;

  @ApiProperty({ enum: PAYMENT_EVENT_KINDS, example: 'transition' })
  kind: PaymentEventKind;

  @ApiProperty({ description: 'What it is about.', example: 'confirm' })
  name: string;

  @ApiProperty({ type: ActorResponse })
  actor: ActorResponse;

  @ApiProperty({ type: Number, nullable: true, example: 39.98 })
  amount: number | null;

  @ApiProperty({
    description: "The provider's id of what it is about.",
    type: String,
    nullable: true,
    example: 'pi_3QOZ0c2eZvKYlo2C1a2b3c4d',
  })
  reference: string | null;

  @ApiProperty({
    enum: [...PAYMENT_STATUSES, null],
    type: String,
    nullable: true,
    example: 'pending',
  })
  from: PaymentStatus | null;

  @ApiProperty({
    enum: [...PAYMENT_STATUSES, null],
    type: String,
    nullable: true,
    example: 'succeeded',
  })
  to: PaymentStatus | null;

  @ApiProperty({ example: '' })
  detail: string;

  static from(event: PaymentEvent, currency: string): PaymentEventResponse {
    return {
      id: event._id.toHexString(),
      at: event.at.toISOString(),
      kind: event.kind,
      name: event.name,
      actor: { kind: event.actor.kind, userId: event.actor.userId ?? null },
      amount: event.amount === null ? null : toDecimal(event.amount, currency),
      reference: event.reference,
      from: event.from,
      to: event.to,
      detail: event.detail,
    };
  }
}
