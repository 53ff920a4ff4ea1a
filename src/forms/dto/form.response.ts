import { ApiProperty } from '@nestjs/swagger';
import type { Form } from '../form.schema.js';
import { FormFieldResponse } from './form-field.response.js';

/** A form as the shop's team sees it. */
export class FormResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0004' })
  id: string;

  @ApiProperty({ example: 'Coffee order' })
  name: string;

  @ApiProperty({ type: [FormFieldResponse] })
  fields: FormFieldResponse[];

  @ApiProperty({ example: true })
  published: boolean;

  @ApiProperty({ description: 'Put away; no customer can open it.', example: false })
  archived: boolean;

  @ApiProperty({ description: 'Counts the changes of `fields`.', type: 'integer', example: 1 })
  version: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from(form: Form): FormResponse {
    return {
      id: form._id.toHexString(),
      name: form.name,
      fields: form.fields.map((field) => FormFieldResponse.from(field)),
      published: form.published,
      archived: form.archived,
      version: form.version,
      createdAt: form.createdAt.toISOString(),
      updatedAt: form.updatedAt.toISOString(),
    };
  }
}
