import { ApiProperty } from '@nestjs/swagger';
import { SETTINGS_GROUPS, type Settings } from '../shop-settings.js';
import type { Shop } from '../shop.schema.js';
import { settingsSchema } from './settings-input.decorator.js';
import { ShopIntegrationsResponse } from './shop-integrations.response.js';
import { ShopResponse } from './shop.response.js';

class SubscriptionResponse {
  @ApiProperty({ example: 'Trial' })
  plan: string;

  @ApiProperty({ example: 'active' })
  status: string;
}

/**
 * A shop with the settings that the app keeps in it. Products, forms, orders and conversations have
 * addresses of their own: the lists of them here are empty, for screens that expect them.
 */
export class ShopDetailsResponse extends ShopResponse {
  @ApiProperty({ type: SubscriptionResponse })
  subscription: SubscriptionResponse;

  @ApiProperty({ type: ShopIntegrationsResponse })
  integrations: ShopIntegrationsResponse;

  @ApiProperty({ type: 'array', items: {}, maxItems: 0, example: [] })
  items: never[];

  @ApiProperty({ type: 'array', items: {}, maxItems: 0, example: [] })
  forms: never[];

  @ApiProperty({ type: 'array', items: {}, maxItems: 0, example: [] })
  formSubmissions: never[];

  @ApiProperty({ type: 'array', items: {}, maxItems: 0, example: [] })
  liveConversations: never[];

  static of(
    shop: Shop,
    settings: Settings,
    integrations: ShopIntegrationsResponse,
  ): ShopDetailsResponse {
    return {
      ...settings,
      ...ShopResponse.from(shop),
      subscription: { plan: 'Trial', status: 'active' },
      integrations,
      items: [],
      forms: [],
      formSubmissions: [],
      liveConversations: [],
    };
  }
}

for (const group of SETTINGS_GROUPS) {
  ApiProperty(settingsSchema(group))(ShopDetailsResponse.prototype, group);
}
