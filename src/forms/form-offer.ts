import { AppError, type FieldError } from '../platform/http/app-error.js';
import { type Answers, checkAnswers } from './form-answers.js';
import type { FieldType, FormField } from './form.schema.js';

/** One of the ways to pay that a shop shows to its customers. */
export interface PaymentOffer {
  id: string;
  name: string;
}

/** What a customer sends to a form. */
export interface Choice {
  answers: Answers;
  items: { productId: string }[];
  /** Name or id of a way to pay; empty when it was not said beside the answers. */
  paymentMethod: string;
}

/**
 * Checks a customer's choice whole: the answers, and that nothing was chosen which the form's
 * selectors do not offer. A shop that shows no way to pay takes any words for one.
 * @returns the answers to keep and the way to pay, by its name however it was named
 * @throws AppError `validation_failed` naming each wrong field
 */
export function requireOffered(
  fields: FormField[],
  choice: Choice,
  payments: PaymentOffer[],
): Pick<Choice, 'answers' | 'paymentMethod'> {
  const asked = withPaymentNames(fields, choice, payments);
  const { answered, errors } = checkAnswers(fields, asked.answers, {
    hasItems: choice.items.length > 0,
    paymentMethod: asked.paymentMethod,
  });
  const wrong = [...errors, ...asked.errors, ...notOffered(fields, choice.items)];
  if (wrong.length > 0) throw AppError.validation(wrong);
  const selectors = new Set(ofType(fields, 'Payment Selector').map(({ id }) => id));
  const chosen = answered.find(({ id }) => selectors.has(id))?.value;
  return {
    answers: Object.fromEntries(answered.map(({ id, value }) => [id, value])),
    paymentMethod: asked.paymentMethod || String(chosen ?? ''),
  };
}

/** The ways to pay that a Payment Selector offers; all, where none of its own is left in the shop. */
export function paymentsOf({ paymentMethodIds }: FormField, all: PaymentOffer[]): PaymentOffer[] {
  const own = all.filter(({ id }) => paymentMethodIds.includes(id));
  return own.length > 0 ? own : all;
}

function withPaymentNames(
  fields: FormField[],
  { answers, paymentMethod: sent }: Choice,
  payments: PaymentOffer[],
): Pick<Choice, 'answers' | 'paymentMethod'> & { errors: FieldError[] } {
  const errors: FieldError[] = [];
  const nameOf = (word: string, offered: PaymentOffer[], field: string): string => {
    const plain = word.trim();
    if (plain === '' || payments.length === 0) return plain;
    const known = offered.find(({ id, name }) => id === plain || name === plain);
    if (!known)
      errors.push({ field, message: `choose ${offered.map(({ name }) => name).join(', ')}` });
    return known?.name ?? plain;
  };
  const selectors = ofType(fields, 'Payment Selector');
  const named = selectors.flatMap((field) => {
    const answer = Object.hasOwn(answers, field.id) ? answers[field.id] : undefined;
    if (typeof answer !== 'string') return [];
    return [[field.id, nameOf(answer, paymentsOf(field, payments), `answers.${field.id}`)]];
  });
  const offered = selectors.flatMap((field) => paymentsOf(field, payments));
  return {
    answers: { ...answers, ...Object.fromEntries(named) },
    paymentMethod: nameOf(sent, selectors.length > 0 ? offered : payments, 'paymentMethod'),
    errors,
  };
}

/** A form whose Item Selectors all name their products sells no others. */
function notOffered(fields: FormField[], items: Choice['items']): FieldError[] {
  const selectors = ofType(fields, 'Item Selector');
  const isOpen = selectors.some(({ itemIds }) => itemIds.length === 0);
  if (selectors.length === 0 || isOpen) return [];
  const offered = new Set(selectors.flatMap(({ itemIds }) => itemIds));
  return items.flatMap(({ productId }, index) =>
    offered.has(productId.toLowerCase())
      ? []
      : [{ field: `items.${index}.productId`, message: 'this form does not offer that product' }],
  );
}

function ofType(fields: FormField[], wanted: FieldType): FormField[] {
  return fields.filter(({ type }) => type === wanted);
}
