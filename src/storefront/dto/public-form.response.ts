import { ApiProperty } from '@nestjs/swagger';
import { FormFieldResponse } from '../../forms/dto/form-field.response.js';
import { type PaymentOffer, paymentsOf } from '../../forms/form-offer.js';
import type { Form, FormField } from '../../forms/form.schema.js';

/** A published form: the questions a customer answers. */
export class PublicFormResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0004' })
  id: string;

  @ApiProperty({ example: 'Coffee order' })
  name: string;

  @ApiProperty({ type: [FormFieldResponse] })
  fields: FormFieldResponse[];

  static from(form: Form, payments: PaymentOffer[]): PublicFormResponse {
    return {
      id: form._id.toHexString(),
      name: form.name,
      fields: form.fields.map((field) => asOffered(field, payments)),
    };
  }
}

/** A Payment Selector's options are the names of what it offers. */
function asOffered(field: FormField, payments: PaymentOffer[]): FormFieldResponse {
  const shown = FormFieldResponse.from(field);
  if (field.type !== 'Payment Selector') return shown;
  return { ...shown, options: paymentsOf(field, payments).map(({ name }) => name) };
}
