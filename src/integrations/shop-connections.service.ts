import { Injectable, type OnModuleInit } from '@nestjs/common';
import type {
  ShopIntegrationResponse,
  ShopIntegrationsResponse,
} from '../shops/dto/shop-integrations.response.js';
import { ShopConnections } from '../shops/shop-connections.js';
import { IntegrationResponse, type IntegrationView } from './dto/integration.response.js';
import { IntegrationsService } from './integrations.service.js';
import type { PlatformName } from './platforms/platform.js';

/** Shows a shop's connections among its details. */
@Injectable()
export class ShopConnectionsService implements OnModuleInit {
  constructor(
    private readonly connections: ShopConnections,
    private readonly integrations: IntegrationsService,
  ) {}

  onModuleInit(): void {
    this.connections.register((shopId) => this.read(shopId));
  }

  private async read(shopId: string): Promise<ShopIntegrationsResponse> {
    const views = await this.integrations.list(shopId);
    const parts = views.map((view) => [view.platform, inShort(view)] as const);
    return Object.fromEntries(parts) as Record<PlatformName, ShopIntegrationResponse>;
  }
}

function inShort(view: IntegrationView): ShopIntegrationResponse {
  const { isConnected, pageId, displayName, scopes, expiresAt } = IntegrationResponse.from(view);
  return { isConnected, pageId, displayName, scopes, expiresAt };
}
