import { ApiProperty } from '@nestjs/swagger';
import { FIELD_TYPES, type FieldType, type FormField } from '../form.schema.js';

export class FormFieldResponse {
  @ApiProperty({ example: 'full-name' })
  id: string;

  @ApiProperty({ enum: FIELD_TYPES, example: 'Short Text' })
  type: FieldType;

  @ApiProperty({ example: 'Full name' })
  label: string;

  @ApiProperty({ example: true })
  required: boolean;

  @ApiProperty({ example: 'As on your parcel' })
  placeholder: string;

  @ApiProperty({ type: [String], example: [] })
  options: string[];

  @ApiProperty({ type: [String], example: [] })
  itemIds: string[];

  @ApiProperty({ type: [String], example: [] })
  paymentMethodIds: string[];

  static from(field: FormField): FormFieldResponse {
    return {
      id: field.id,
      type: field.type,
      label: field.label,
      required: field.required,
      placeholder: field.placeholder,
      options: field.options,
      itemIds: field.itemIds,
      paymentMethodIds: field.paymentMethodIds,
    };
  }
}
