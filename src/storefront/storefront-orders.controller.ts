import { Body, Controller, Get, Param, Post, UseGuards } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import { Public } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { OperationId } from '../platform/idempotency/operation-id.decorator.js';
import { LimitBody } from './body-limit.guard.js';
import { ClientAddress } from './client-address.decorator.js';
import { Customer, RequireCustomer } from './customer-access.decorators.js';
import { PublicOrderResponse } from './dto/public-order.response.js';
import { SubmitFormDto } from './dto/submit-form.dto.js';
import { SubmittedOrderResponse } from './dto/submitted-order.response.js';
import { HandsOverOrderToken } from './order-token.interceptor.js';
import { ShopScopeGuard } from './shop-scope.guard.js';
import { StorefrontOrdersService } from './storefront-orders.service.js';

const MINUTE_MS = 60_000;
const SUBMISSIONS_PER_MINUTE = 30;
const READS_PER_MINUTE = 240;
const MAX_SUBMISSION_KIB = 128;

@ApiTags('storefront')
@Controller('api/public')
export class StorefrontOrdersController {
  constructor(private readonly orders: StorefrontOrdersService) {}

  @Post('shops/:slugOrId/forms/:formId/submissions')
  @Public()
  @Throttle({ default: { limit: SUBMISSIONS_PER_MINUTE, ttl: MINUTE_MS } })
  @LimitBody(MAX_SUBMISSION_KIB)
  @UseGuards(ShopScopeGuard)
  @Idempotent()
  @HandsOverOrderToken()
  @ApiParam({ name: 'slugOrId', description: "The shop's address or id.", example: 'mya-coffee' })
  @ApiParam({ name: 'formId', example: '6741c0c0a5f2d13b8c9e0004' })
  @ApiAnswer(SubmittedOrderResponse, {
    status: 201,
    summary: 'Answer a form: places an order',
    description:
      'Prices and the total are taken from the catalogue; the stock is taken at once. Each wrong ' +
      'answer is named as `answers.<field id>`. An Item Selector sells only its `itemIds`, a ' +
      'Payment Selector takes only what the shop offers, by name or id. At most 128 KB, 30 ' +
      'submissions a minute per address, 20 of them to one shop. `website` is a trap for programs: ' +
      'show it to nobody and leave it empty. The token in the answer opens the order at ' +
      '`GET /api/public/orders/:orderId`.',
    errors: ['out_of_stock', 'conflict'],
  })
  async submit(
    @Param('slugOrId') slugOrId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
    @Body() body: SubmitFormDto,
    @ClientAddress() address: string,
    @OperationId() operationId: string | undefined,
  ): Promise<PublicOrderResponse> {
    const submission = { slugOrId, formId, address, operationId };
    return PublicOrderResponse.from(await this.orders.submit(submission, body));
  }

  @Get('orders/:orderId')
  @RequireCustomer('order')
  @Throttle({ default: { limit: READS_PER_MINUTE, ttl: MINUTE_MS } })
  @ApiParam({
    name: 'orderId',
    description: "The order's `id`, not its readable number.",
    example: '6741c0c0a5f2d13b8c9e0005',
  })
  @ApiAnswer(PublicOrderResponse, {
    summary: 'How the order stands, for who placed it',
    description: 'With the token of its submission as Bearer.',
    errors: ['unauthenticated'],
  })
  async get(@Customer() customer: CustomerSubject): Promise<PublicOrderResponse> {
    return PublicOrderResponse.from(await this.orders.get(customer));
  }
}
