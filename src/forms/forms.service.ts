import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { AppError, type FieldError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import type { CreateFormDto } from './dto/create-form.dto.js';
import type { FormFieldDto } from './dto/form-field.dto.js';
import type { ListFormsQuery } from './dto/list-forms.query.js';
import { type FieldType, Form, type FormField } from './form.schema.js';

/** Types that nobody could answer without options. */
const NEED_OPTIONS: readonly FieldType[] = ['Dropdown', 'Multiple Choice'];

@Injectable()
export class FormsService {
  constructor(@InjectModel(Form.name) private readonly forms: Model<Form>) {}

  async create(shopId: string, { name, fields, published }: CreateFormDto): Promise<Form> {
    requireAnswerable(fields);
    const form = await this.forms.create({
      shopId: new Types.ObjectId(shopId),
      name,
      fields: fields.map(toField),
      published: published ?? true,
    });
    return form.toObject();
  }

  /** Oldest first. */
  async list(shopId: string, { limit, cursor }: ListFormsQuery): Promise<Page<Form>> {
    const after = cursor ? { _id: { $gt: decodeCursor(cursor).id } } : {};
    const rows = await this.forms
      .find({ shopId, ...after })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean();
    return Page.of(rows, limit, ({ _id }) => ({ at: 0, id: _id.toHexString() }));
  }

  async get(shopId: string, formId: string): Promise<Form> {
    const form = await this.forms.findOne({ shopId, _id: formId }).lean();
    if (!form) throw AppError.notFound('form');
    return form;
  }

  /** As `get`, but for customers: a form that is not published does not exist for them. */
  async getPublished(shopId: string, formId: string): Promise<Form> {
    const form = await this.get(shopId, formId);
    if (!form.published) throw AppError.notFound('form');
    return form;
  }
}

function requireAnswerable(fields: FormFieldDto[]): void {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, { id, type, options = [] }] of fields.entries()) {
    if (id && seen.has(id)) {
      errors.push({
        field: `fields.${index}.id`,
        message: `id "${id}" is another field's already`,
      });
    }
    if (NEED_OPTIONS.includes(type) && options.length === 0) {
      errors.push({ field: `fields.${index}.options`, message: `a ${type} needs an option` });
    }
    if (id) seen.add(id);
  }
  if (errors.length > 0) throw AppError.validation(errors);
}

function toField(dto: FormFieldDto): FormField {
  return {
    id: dto.id ?? randomUUID(),
    type: dto.type,
    label: dto.label,
    required: dto.required ?? false,
    placeholder: dto.placeholder ?? '',
    options: dto.options ?? [],
    itemIds: (dto.itemIds ?? []).map((id) => id.toLowerCase()),
  };
}
