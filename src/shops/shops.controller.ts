import { Body, Controller, Delete, Get, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiList } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { AcceptsPictures } from '../platform/http/json-body.js';
import { CreateShopDto } from './dto/create-shop.dto.js';
import { ShopDetailsResponse } from './dto/shop-details.response.js';
import { ShopResponse } from './dto/shop.response.js';
import { type ShopChanges, UpdateShopDto } from './dto/update-shop.dto.js';
import { RequirePermission, ShopId } from './shop-access.decorators.js';
import { ShopConnections } from './shop-connections.js';
import { ShopEditsService } from './shop-edits.service.js';
import { ShopSettingsService } from './shop-settings.service.js';
import type { Shop } from './shop.schema.js';
import { ShopsService } from './shops.service.js';

@ApiTags('shops')
@Controller('api/shops')
export class ShopsController {
  constructor(
    private readonly shops: ShopsService,
    private readonly edits: ShopEditsService,
    private readonly settings: ShopSettingsService,
    private readonly connections: ShopConnections,
  ) {}

  @Post()
  @SignedIn()
  @ApiAnswer(ShopDetailsResponse, { status: 201, summary: 'Open a shop', errors: ['slug_taken'] })
  async create(
    @CurrentUser() { userId }: Caller,
    @Body() body: CreateShopDto,
  ): Promise<ShopDetailsResponse> {
    return this.details(await this.edits.create(userId, body));
  }

  @Get()
  @SignedIn()
  @ApiList(ShopResponse, { summary: "The caller's shops" })
  async list(@CurrentUser() { userId }: Caller): Promise<ShopResponse[]> {
    return (await this.shops.listOf(userId)).map((shop) => ShopResponse.from(shop));
  }

  @Get(':shopId')
  @RequirePermission('shop:read')
  @ApiAnswer(ShopDetailsResponse, { summary: 'One shop with its settings' })
  async get(@ShopId() shopId: string): Promise<ShopDetailsResponse> {
    return this.details(await this.shops.get(shopId));
  }

  @Put(':shopId')
  @RequirePermission('shop:write')
  @AcceptsPictures()
  @ApiAnswer(ShopDetailsResponse, {
    summary: 'Change a shop and its settings',
    description:
      'Takes a whole shop or parts: what is left out stays, each group of settings is replaced ' +
      'whole. Owner, team, plan, products, forms, orders and conversations do not change this way.',
    errors: ['slug_taken', 'conflict'],
  })
  async update(
    @ShopId() shopId: string,
    @Body() body: UpdateShopDto,
  ): Promise<ShopDetailsResponse> {
    return this.details(await this.edits.update(shopId, body as ShopChanges));
  }

  @Delete(':shopId')
  @RequirePermission('shop:delete')
  @ApiAnswer(DoneResponse, { summary: 'Delete a shop: it is gone for everybody at once' })
  async delete(@ShopId() shopId: string): Promise<DoneResponse> {
    await this.edits.delete(shopId);
    return DoneResponse.now;
  }

  private async details(shop: Shop): Promise<ShopDetailsResponse> {
    const shopId = shop._id.toHexString();
    const [settings, integrations] = await Promise.all([
      this.settings.getAll(shopId),
      this.connections.read(shopId),
    ]);
    return ShopDetailsResponse.of(shop, settings, integrations);
  }
}
