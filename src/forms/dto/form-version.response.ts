import { ApiProperty } from '@nestjs/swagger';
import type { FormVersion } from '../form-version.schema.js';
import { FormFieldResponse } from './form-field.response.js';

/** What a form asked, or still asks, under one number. */
export class FormVersionResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0004' })
  formId: string;

  @ApiProperty({ type: 'integer', example: 1 })
  version: number;

  @ApiProperty({ example: 'Coffee order' })
  name: string;

  @ApiProperty({ type: [FormFieldResponse] })
  fields: FormFieldResponse[];

  static from({ formId, version, name, fields }: Omit<FormVersion, 'shopId'>): FormVersionResponse {
    return {
      formId: formId.toHexString(),
      version,
      name,
      fields: fields.map((field) => FormFieldResponse.from(field)),
    };
  }
}
