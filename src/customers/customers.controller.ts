import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CustomerEditsService } from './customer-edits.service.js';
import { CustomerHistoriesService } from './customer-histories.service.js';
import { CustomersService } from './customers.service.js';
import { CreateCustomerDto } from './dto/create-customer.dto.js';
import { CustomerDetailResponse } from './dto/customer-detail.response.js';
import { CustomerResponse } from './dto/customer.response.js';
import { ListCustomersQuery } from './dto/list-customers.query.js';
import { UpdateCustomerDto } from './dto/update-customer.dto.js';

@ApiTags('customers')
@Controller('api/shops/:shopId/customers')
export class CustomersController {
  constructor(
    private readonly customers: CustomersService,
    private readonly edits: CustomerEditsService,
    private readonly histories: CustomerHistoriesService,
  ) {}

  @Get()
  @RequirePermission('customers:read')
  @ApiPage(CustomerResponse, { summary: "The shop's customers, newest first" })
  async list(
    @ShopId() shopId: string,
    @Query() query: ListCustomersQuery,
  ): Promise<Page<CustomerResponse>> {
    const page = await this.customers.list(shopId, query);
    return page.map((customer) => CustomerResponse.from(customer));
  }

  @Post()
  @RequirePermission('customers:write')
  @ApiAnswer(CustomerResponse, {
    status: 201,
    summary: 'Enter a customer',
    description:
      'Whoever orders or writes with a phone or an e-mail becomes a customer by themselves. The ' +
      'failure `conflict` names who has one of these already in `data.customerId`.',
    errors: ['conflict'],
  })
  async create(
    @ShopId() shopId: string,
    @Body() body: CreateCustomerDto,
  ): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.edits.create(shopId, body));
  }

  @Get(':customerId')
  @RequirePermission('customers:read')
  @ApiAnswer(CustomerDetailResponse, {
    summary: 'One customer with their newest orders and conversations',
    description: 'The id of a merged customer answers whom they have become.',
  })
  async get(
    @ShopId() shopId: string,
    @Param('customerId', new ObjectIdPipe('customer')) customerId: string,
  ): Promise<CustomerDetailResponse> {
    return CustomerDetailResponse.from(await this.histories.get(shopId, customerId));
  }

  @Put(':customerId')
  @RequirePermission('customers:write')
  @ApiAnswer(CustomerResponse, {
    summary: 'Change a customer',
    description: 'Takes the whole customer or parts. `conflict` as when entering one.',
    errors: ['conflict'],
  })
  async update(
    @ShopId() shopId: string,
    @Param('customerId', new ObjectIdPipe('customer')) customerId: string,
    @Body() body: UpdateCustomerDto,
  ): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.edits.update(shopId, customerId, body));
  }
}
