import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** A connection with a platform, in short. */
export class ShopIntegrationResponse {
  @ApiProperty({ example: true })
  isConnected: boolean;

  @ApiPropertyOptional({
    description: 'Of the page, account or bot.',
    example: '104857600000001',
  })
  pageId?: string;

  @ApiProperty({ example: 'Mya Coffee' })
  displayName: string;

  @ApiProperty({ type: [String], example: ['pages_show_list', 'pages_messaging'] })
  scopes: string[];

  @ApiPropertyOptional({ format: 'date-time', example: '2027-01-24T09:00:00.000Z' })
  expiresAt?: string;
}

export class ShopIntegrationsResponse {
  @ApiProperty({ type: ShopIntegrationResponse })
  facebook: ShopIntegrationResponse;

  @ApiProperty({ type: ShopIntegrationResponse })
  instagram: ShopIntegrationResponse;

  @ApiProperty({ type: ShopIntegrationResponse })
  tiktok: ShopIntegrationResponse;

  @ApiProperty({ type: ShopIntegrationResponse })
  telegram: ShopIntegrationResponse;

  @ApiProperty({ type: ShopIntegrationResponse })
  viber: ShopIntegrationResponse;
}
