import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CreateFormDto } from './dto/create-form.dto.js';
import { FormResponse } from './dto/form.response.js';
import { ListFormsQuery } from './dto/list-forms.query.js';
import { FormsService } from './forms.service.js';

@ApiTags('forms')
@Controller('api/shops/:shopId/forms')
export class FormsController {
  constructor(private readonly forms: FormsService) {}

  @Get()
  @RequirePermission('forms:read')
  @ApiPage(FormResponse, { summary: "The shop's forms, oldest first" })
  async list(
    @ShopId() shopId: string,
    @Query() query: ListFormsQuery,
  ): Promise<Page<FormResponse>> {
    return (await this.forms.list(shopId, query)).map((form) => FormResponse.from(form));
  }

  @Post()
  @RequirePermission('forms:write')
  @ApiAnswer(FormResponse, { status: 201, summary: 'Make a form' })
  async create(@ShopId() shopId: string, @Body() body: CreateFormDto): Promise<FormResponse> {
    return FormResponse.from(await this.forms.create(shopId, body));
  }

  @Get(':formId')
  @RequirePermission('forms:read')
  @ApiParam({ name: 'formId', example: '6741c0c0a5f2d13b8c9e0004' })
  @ApiAnswer(FormResponse, { summary: 'One form' })
  async get(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.get(shopId, formId));
  }
}
