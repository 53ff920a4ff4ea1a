import { ApiProperty } from '@nestjs/swagger';
import type { WebhookEndpoint } from '../webhook-endpoint.schema.js';
import { WebhookResponse } from './webhook.response.js';

export class WebhookWithSecretResponse extends WebhookResponse {
  @ApiProperty({
    description: 'What deliveries are signed by. Keep it: it is shown this once.',
    example: 'whsec_...',
  })
  secret: string;

  static withSecret(made: { endpoint: WebhookEndpoint; secret: string }) {
    return { ...WebhookResponse.from(made.endpoint), secret: made.secret };
  }
}
