import { ApiProperty } from '@nestjs/swagger';
import { FormFieldResponse } from '../../forms/dto/form-field.response.js';
import type { Form } from '../../forms/form.schema.js';

/** A published form: the questions a customer answers. */
export class PublicFormResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0004' })
  id: string;

  @ApiProperty({ example: 'Coffee order' })
  name: string;

  @ApiProperty({ type: [FormFieldResponse] })
  fields: FormFieldResponse[];

  static from(form: Form): PublicFormResponse {
    return {
      id: form._id.toHexString(),
      name: form.name,
      fields: form.fields.map((field) => FormFieldResponse.from(field)),
    };
  }
}
