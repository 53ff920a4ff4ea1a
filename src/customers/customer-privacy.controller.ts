import { Body, Controller, Get, HttpCode, Param, Post, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CustomerMergesService } from './customer-merges.service.js';
import { CustomerPrivacyService } from './customer-privacy.service.js';
import { CustomerExportResponse } from './dto/customer-export.response.js';
import { CustomerResponse } from './dto/customer.response.js';
import { MergeCustomerDto } from './dto/merge-customer.dto.js';
import { streamedJson } from './streamed-json.js';

@ApiTags('customers')
@Controller('api/shops/:shopId/customers/:customerId')
export class CustomerPrivacyController {
  constructor(
    private readonly merges: CustomerMergesService,
    private readonly privacy: CustomerPrivacyService,
  ) {}

  @Post('merge')
  @HttpCode(200)
  @RequirePermission('customers:write')
  @ApiAnswer(CustomerResponse, {
    summary: 'Merge a customer into another',
    description:
      'Orders and conversations go to the other, phones, e-mails, tags and notes too; answers the ' +
      'other. This id then stands for the other. May be repeated.',
    errors: ['conflict'],
  })
  async merge(
    @ShopId() shopId: string,
    @Param('customerId', new ObjectIdPipe('customer')) customerId: string,
    @Body() { intoId }: MergeCustomerDto,
  ): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.merges.merge(shopId, customerId, intoId));
  }

  @Get('export')
  @RequirePermission('customers:export')
  @ApiAnswer(CustomerExportResponse, {
    summary: 'Everything the shop holds of one person',
    description: 'Written row by row: an answer that is cut off on the way is no JSON.',
  })
  async export(
    @ShopId() shopId: string,
    @Param('customerId', new ObjectIdPipe('customer')) customerId: string,
  ): Promise<StreamableFile> {
    return streamedJson(await this.privacy.export(shopId, customerId));
  }

  @Post('erase')
  @HttpCode(200)
  @RequirePermission('customers:erase')
  @ApiAnswer(CustomerResponse, {
    summary: "Erase one person's data",
    description:
      'Orders stay, without name, contact, answers and notes; of the conversations stay the times ' +
      'and the numbers of their messages, of the payments the amounts and states, without what ' +
      'proved a transfer. May be repeated. Answers kept under an `Idempotency-Key` go within 24 ' +
      'hours, webhooks of payment platforms within 90 days.',
    errors: ['conflict'],
  })
  async erase(
    @ShopId() shopId: string,
    @Param('customerId', new ObjectIdPipe('customer')) customerId: string,
  ): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.privacy.erase(shopId, customerId));
  }
}
