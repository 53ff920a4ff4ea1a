import { Injectable } from '@nestjs/common';
import type { ShopIntegrationsResponse } from './dto/shop-integrations.response.js';

export type ShopConnectionsReader = (shopId: string) => Promise<ShopIntegrationsResponse>;

/**
 * The connections that a shop shows among its details: the module that owns them registers how they
 * are read, so that this one need not know it.
 */
@Injectable()
export class ShopConnections {
  private reader?: ShopConnectionsReader;

  register(read: ShopConnectionsReader): void {
    this.reader = read;
  }

  async read(shopId: string): Promise<ShopIntegrationsResponse> {
    if (!this.reader) throw new Error('nobody has registered how connections are read');
    return this.reader(shopId);
  }
}
