import { ApiProperty } from '@nestjs/swagger';
import { PROVIDER_NAMES, type ProviderName } from '../providers/payment-provider.js';
import { WEBHOOK_STATES, type WebhookEvent, type WebhookState } from '../webhook-event.schema.js';

/** A webhook that a payment provider has sent. */
export class WebhookEventResponse {
  @ApiProperty({ description: "The provider's id.", example: 'evt_3QOZ0c2eZvKYlo2C1a2b3c4d' })
  id: string;

  @ApiProperty({ enum: PROVIDER_NAMES, example: 'stripe' })
  provider: ProviderName;

  @ApiProperty({ example: 'payment_intent.succeeded' })
  type: string;

  @ApiProperty({
    description: 'received: it waits, or went wrong and is tried again; stuck: in vain.',
    enum: WEBHOOK_STATES,
    example: 'processed',
  })
  state: WebhookState;

  @ApiProperty({ description: 'What went wrong last.', example: '' })
  note: string;

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0008' })
  paymentId: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  receivedAt: string;

  static from(event: WebhookEvent): WebhookEventResponse {
    return {
      id: event.eventId,
      provider: event.provider,
      type: event.type,
      state: event.state,
      note: event.note,
      paymentId: event.paymentId?.toHexString() ?? null,
      receivedAt: event.receivedAt.toISOString(),
    };
  }
}
