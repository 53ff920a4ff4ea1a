import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { CreateFormDto } from './dto/create-form.dto.js';
import { FormVersionResponse } from './dto/form-version.response.js';
import { FormResponse } from './dto/form.response.js';
import { ListFormsQuery } from './dto/list-forms.query.js';
import { RemovedFormResponse } from './dto/removed-form.response.js';
import { UpdateFormDto } from './dto/update-form.dto.js';
import { FormVersionNumberPipe } from './form-version-number.pipe.js';
import { FormsService } from './forms.service.js';

const FORM_ID = { name: 'formId', example: '6741c0c0a5f2d13b8c9e0004' };
const UPDATE = {
  description:
    'The whole form, or what is to change. Fields keep their ids; when they change, `version` ' +
    'counts on, and what was asked before stays to be read under its version.',
  errors: ['conflict' as const],
};

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
  @ApiParam(FORM_ID)
  @ApiAnswer(FormResponse, { summary: 'One form' })
  async get(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.get(shopId, formId));
  }

  @Get(':formId/versions/:version')
  @RequirePermission('forms:read')
  @ApiParam(FORM_ID)
  @ApiParam({ name: 'version', description: "An order's `formVersion`.", example: 1 })
  @ApiAnswer(FormVersionResponse, {
    summary: 'What a form asked in one of its versions',
    description: 'Also of a form that was deleted: its orders still show their answers.',
  })
  async getVersion(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
    @Param('version', new FormVersionNumberPipe()) version: number,
  ): Promise<FormVersionResponse> {
    return FormVersionResponse.from(await this.forms.getVersion(shopId, formId, version));
  }

  @Put(':formId')
  @RequirePermission('forms:write')
  @ApiParam(FORM_ID)
  @ApiAnswer(FormResponse, { summary: 'Change a form', ...UPDATE })
  async update(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
    @Body() body: UpdateFormDto,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.update(shopId, formId, body));
  }

  @Patch(':formId')
  @RequirePermission('forms:write')
  @ApiParam(FORM_ID)
  @ApiAnswer(FormResponse, { summary: 'Change a form, as PUT does', ...UPDATE })
  async patch(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
    @Body() body: UpdateFormDto,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.update(shopId, formId, body));
  }

  @Post(':formId/publish')
  @HttpCode(200)
  @RequirePermission('forms:write')
  @ApiParam(FORM_ID)
  @ApiAnswer(FormResponse, { summary: 'Open a form to customers', errors: ['conflict'] })
  async publish(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.update(shopId, formId, { published: true }));
  }

  @Post(':formId/unpublish')
  @HttpCode(200)
  @RequirePermission('forms:write')
  @ApiParam(FORM_ID)
  @ApiAnswer(FormResponse, { summary: 'Close a form to customers', errors: ['conflict'] })
  async unpublish(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.update(shopId, formId, { published: false }));
  }

  @Post(':formId/duplicate')
  @RequirePermission('forms:write')
  @ApiParam(FORM_ID)
  @ApiAnswer(FormResponse, {
    status: 201,
    summary: 'Make a draft with the same questions',
  })
  async duplicate(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<FormResponse> {
    return FormResponse.from(await this.forms.duplicate(shopId, formId));
  }

  @Delete(':formId')
  @RequirePermission('forms:write')
  @ApiParam(FORM_ID)
  @ApiAnswer(RemovedFormResponse, {
    summary: 'Delete a form, or archive it',
    description: 'It is archived while an open order (pending, processing) came by it.',
    errors: ['conflict'],
  })
  async remove(
    @ShopId() shopId: string,
    @Param('formId', new ObjectIdPipe('form')) formId: string,
  ): Promise<RemovedFormResponse> {
    return { id: formId, outcome: await this.forms.remove(shopId, formId) };
  }
}
