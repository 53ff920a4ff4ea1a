import { randomUUID } from 'node:crypto';
import { AppError, type FieldError } from '../platform/http/app-error.js';
import type { FormFieldDto } from './dto/form-field.dto.js';
import type { FieldType, FormField } from './form.schema.js';

/** Types that nobody could answer without options. */
const NEED_OPTIONS: readonly FieldType[] = ['Dropdown', 'Multiple Choice'];

/**
 * The questions as they are kept: an id that was sent stays, a missing one is made.
 * @throws AppError `validation_failed` naming each id that is twice there, and each lack of options
 */
export function requireFields(dtos: FormFieldDto[]): FormField[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, { id, type, options }] of dtos.entries()) {
    if (id && seen.has(id)) {
      errors.push({
        field: `fields.${index}.id`,
        message: `id "${id}" is another field's already`,
      });
    }
    if (NEED_OPTIONS.includes(type) && !options?.length) {
      errors.push({ field: `fields.${index}.options`, message: `a ${type} needs an option` });
    }
    if (id) seen.add(id);
  }
  if (errors.length > 0) throw AppError.validation(errors);
  return dtos.map(toField);
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
    paymentMethodIds: dto.paymentMethodIds ?? [],
  };
}
