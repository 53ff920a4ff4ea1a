import { isISO8601 } from 'class-validator';
import type { FieldError } from '../platform/http/app-error.js';
import { readEmail } from '../platform/http/email-address.js';
import type { FieldType, FormField } from './form.schema.js';

export type Answer = string | number | boolean | string[];
/** By field id, null for none; without a prototype when it comes from `IsAnswers`. */
export type Answers = Record<string, Answer | null>;

/** An answer beside its question, so that an old order can be read after the form has changed. */
export interface AnsweredField {
  id: string;
  label: string;
  value: Answer;
}

/** What was chosen beside the answers: it answers an Item Selector or a Payment Selector as well. */
export interface Selection {
  hasItems: boolean;
  paymentMethod: string;
}

/** A wrong answer, in words that follow the field's name. */
class WrongAnswer extends Error {}

const SHORT_TEXT_CHARACTERS = 500;
const LONG_TEXT_CHARACTERS = 5_000;
/** Digits of any script, as a phone's keyboard writes them, with the usual punctuation. */
const PHONE = /^\+?[\p{Nd}\s().\-/]{5,30}$/u;
const PHONE_DIGITS_MIN = 5;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DECIMAL = /^-?\d{1,15}(\.\d{1,10})?$/;

type Check = (field: FormField, answer: Answer) => Answer;

const CHECKS: Record<FieldType, Check> = {
  'Short Text': (_, answer) => requireText(answer, SHORT_TEXT_CHARACTERS),
  'Text Area': (_, answer) => requireText(answer, LONG_TEXT_CHARACTERS),
  Number: (_, answer) => requireNumber(answer),
  Email: (_, answer) => requireEmail(answer),
  Phone: (_, answer) => requireShape(answer, isPhone, 'must be a phone number'),
  Date: (_, answer) => requireShape(answer, isDay, 'must be a date YYYY-MM-DD'),
  Dropdown: ({ options }, answer) => requireOption(answer, options),
  'Multiple Choice': ({ options }, answer) => requireOptions(answer, options),
  Checkbox: ({ options }, answer) =>
    options.length === 0 ? requireTick(answer) : requireOptions(answer, options),
  'Item Selector': ({ itemIds }, answer) =>
    itemIds.length === 0 ? requireTexts(answer) : requireOptions(answer, itemIds),
  'Payment Selector': (_, answer) => requireText(answer, SHORT_TEXT_CHARACTERS),
};

/**
 * Checks `answers` against the form's questions, in their order. Answers to no question are dropped,
 * texts are trimmed, a number in text becomes a number.
 * @returns what to keep, and one error named `answers.<field id>` for each wrong or missing answer
 */
export function checkAnswers(
  fields: FormField[],
  answers: Answers,
  selection: Selection,
): { answered: AnsweredField[]; errors: FieldError[] } {
  const answered: AnsweredField[] = [];
  const errors: FieldError[] = [];
  for (const field of fields) {
    const given = Object.hasOwn(answers, field.id) ? answers[field.id] : undefined;
    try {
      const value = checkAnswer(field, given, selection);
      if (value !== undefined) answered.push({ id: field.id, label: field.label, value });
    } catch (error) {
      if (!(error instanceof WrongAnswer)) throw error;
      errors.push({ field: `answers.${field.id}`, message: `${field.label} ${error.message}` });
    }
  }
  return { answered, errors };
}

function checkAnswer(
  field: FormField,
  given: Answer | null | undefined,
  selection: Selection,
): Answer | undefined {
  if (isEmpty(given)) {
    if (field.required && !isSelected(field.type, selection)) throw new WrongAnswer('is required');
    return undefined;
  }
  const value = CHECKS[field.type](field, given);
  if (field.required && value === false) throw new WrongAnswer('must be ticked');
  return value;
}

function isEmpty(answer: Answer | null | undefined): answer is null | undefined {
  if (answer === undefined || answer === null) return true;
  if (Array.isArray(answer)) return answer.length === 0;
  return typeof answer === 'string' && answer.trim() === '';
}

function isSelected(type: FieldType, { hasItems, paymentMethod }: Selection): boolean {
  if (type === 'Item Selector') return hasItems;
  return type === 'Payment Selector' && paymentMethod !== '';
}

function requireText(answer: Answer, maxCharacters: number): string {
  if (typeof answer !== 'string') throw new WrongAnswer('must be text');
  if (answer.length > maxCharacters) {
    throw new WrongAnswer(`must have at most ${maxCharacters} characters`);
  }
  return answer.trim();
}

function requireShape(answer: Answer, matches: (text: string) => boolean, message: string): string {
  const text = typeof answer === 'string' ? answer.trim() : '';
  if (!matches(text)) throw new WrongAnswer(message);
  return text;
}

/** In its normal form: what was checked is what is kept. */
function requireEmail(answer: Answer): string {
  const email = typeof answer === 'string' ? readEmail(answer) : undefined;
  if (!email) throw new WrongAnswer('must be an e-mail address such as mya@example.com');
  return email;
}

function requireNumber(answer: Answer): number {
  const text = typeof answer === 'string' ? answer.trim() : '';
  const number = typeof answer === 'number' ? answer : DECIMAL.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(number)) throw new WrongAnswer('must be a number');
  return number;
}

function requireTick(answer: Answer): boolean {
  if (typeof answer !== 'boolean') throw new WrongAnswer('must be true or false');
  return answer;
}

function requireOption(answer: Answer, options: string[]): string {
  if (typeof answer !== 'string' || !options.includes(answer)) {
    throw new WrongAnswer('must be one of the options');
  }
  return answer;
}

/** One option or several; each counts once. */
function requireOptions(answer: Answer, options: string[]): string | string[] {
  if (!Array.isArray(answer)) return requireOption(answer, options);
  return [...new Set(answer.map((choice) => requireOption(choice, options)))];
}

function requireTexts(answer: Answer): string | string[] {
  if (Array.isArray(answer)) return [...new Set(answer)];
  return requireText(answer, SHORT_TEXT_CHARACTERS);
}

function isPhone(text: string): boolean {
  return PHONE.test(text) && (text.match(/\p{Nd}/gu)?.length ?? 0) >= PHONE_DIGITS_MIN;
}

function isDay(text: string): boolean {
  return DAY.test(text) && isISO8601(text, { strict: true });
}
