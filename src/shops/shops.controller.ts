import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiList } from '../platform/http/api-docs.decorators.js';
import { CreateShopDto } from './dto/create-shop.dto.js';
import { ShopResponse } from './dto/shop.response.js';
import { RequirePermission, ShopId } from './shop-access.decorators.js';
import { ShopsService } from './shops.service.js';

@ApiTags('shops')
@Controller('api/shops')
export class ShopsController {
  constructor(private readonly shops: ShopsService) {}

  @Post()
  @SignedIn()
  @ApiAnswer(ShopResponse, { status: 201, summary: 'Open a shop', errors: ['slug_taken'] })
  async create(
    @CurrentUser() { userId }: Caller,
    @Body() body: CreateShopDto,
  ): Promise<ShopResponse> {
    return ShopResponse.from(await this.shops.create(userId, body));
  }

  @Get()
  @SignedIn()
  @ApiList(ShopResponse, { summary: "The caller's shops" })
  async list(@CurrentUser() { userId }: Caller): Promise<ShopResponse[]> {
    return (await this.shops.listOf(userId)).map((shop) => ShopResponse.from(shop));
  }

  @Get(':shopId')
  @RequirePermission('shop:read')
  @ApiAnswer(ShopResponse, { summary: 'One shop' })
  async get(@ShopId() shopId: string): Promise<ShopResponse> {
    return ShopResponse.from(await this.shops.get(shopId));
  }
}
