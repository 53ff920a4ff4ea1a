import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
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
        defaultMessage: () =>
          `answers must be an object of at most ${MAX_KEYS} texts, numbers, true or false, or lists of texts`,
      },
    }),
  );
}

function withoutPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.assign(Object.create(null) as object, value);
}

function isAnswers(value: unknown): value is Answers {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_KEYS &&
    entries.every(([key, answer]) => key.length <= MAX_KEY_CHARACTERS && isAnswer(answer))
  );
}

function isAnswer(value: unknown): boolean {
  if (typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return value.length <= MAX_TEXT_CHARACTERS;
  return (
    Array.isArray(value) &&
    value.length <= MAX_LIST_ITEMS &&
    value.every((item) => typeof item === 'string' && item.length <= MAX_LIST_TEXT_CHARACTERS)
  );
}
