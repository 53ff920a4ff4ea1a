import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import type { Answers } from '../form-answers.js';

const MAX_KEYS = 100;
const MAX_KEY_CHARACTERS = 64;
const MAX_TEXT_CHARACTERS = 5_000;
const MAX_LIST_ITEMS = 500;
const MAX_LIST_TEXT_CHARACTERS = 200;

/**
 * Accepts one flat object of bounded answers: text, number, true or false, or a list of texts. It
 * arrives without a prototype, so no key can reach one.
 */
export function IsAnswers(): PropertyDecorator {
  return applyDecorators(
    // The sent object itself: the class-transformer's own copy leaves out keys such as `toString`.
    Transform(({ obj, key }) => withoutPrototype((obj as Record<string, unknown>)[key])),
    ValidateBy({
      name: 'isAnswers',
      validator: {
        validate: isAnswers,
        defaultMessage: (given?: ValidationArguments) => explain(given?.value),
      },
    }),
  );
}

function withoutPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.assign(Object.create(null) as object, value);
}

function isAnswers(value: unknown): value is Answers {
  return isBoundedObject(value) && Object.values(value).every(isAnswer);
}

function isBoundedObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length <= MAX_KEYS && keys.every((key) => key.length <= MAX_KEY_CHARACTERS);
}

function isAnswer(value: unknown): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return value.length <= MAX_TEXT_CHARACTERS;
  return (
    Array.isArray(value) &&
    value.length <= MAX_LIST_ITEMS &&
    value.every((item) => typeof item === 'string' && item.length <= MAX_LIST_TEXT_CHARACTERS)
  );
}

/** Names the first answer that is wrong, so that the customer is told what to shorten. */
function explain(answers: unknown): string {
  if (!isBoundedObject(answers)) {
    return `answers must be an object of at most ${MAX_KEYS} answers by the ids of their fields`;
  }
  const wrong = Object.keys(answers).find((key) => !isAnswer(answers[key]));
  return (
    `answers.${wrong} must be a text of at most ${MAX_TEXT_CHARACTERS} characters, a number, true or ` +
    `false, or a list of at most ${MAX_LIST_ITEMS} texts of at most ${MAX_LIST_TEXT_CHARACTERS}`
  );
}
