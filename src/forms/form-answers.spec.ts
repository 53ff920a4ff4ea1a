import { describe, expect, it } from 'vitest';
import { type Answer, type Answers, checkAnswers } from './form-answers.js';
import type { FormField } from './form.schema.js';

const NOTHING_CHOSEN = { hasItems: false, paymentMethod: '' };

function aField(overrides: Partial<FormField> = {}): FormField {
  const base = { id: 'q', type: 'Short Text', label: 'Question', required: false } as const;
  return { ...base, placeholder: '', options: [], itemIds: [], paymentMethodIds: [], ...overrides };
}

function check(field: Partial<FormField>, answer?: Answer | null, chosen = NOTHING_CHOSEN) {
  const answers: Answers = answer === undefined ? {} : { q: answer };
  const { answered, errors } = checkAnswers([aField(field)], answers, chosen);
  return errors[0]?.message ?? answered[0]?.value;
}

const WHERE = ['Home', 'Office'];

describe('checkAnswers', () => {
  it.each<[Partial<FormField>, Answer, Answer]>([
    [{ type: 'Short Text' }, '  Mya  ', 'Mya'],
    [{ type: 'Text Area' }, 'two\nlines', 'two\nlines'],
    [{ type: 'Number' }, 2.5, 2.5],
    [{ type: 'Number' }, ' 12 ', 12],
    [{ type: 'Email' }, ' mya@example.com', 'mya@example.com'],
    [{ type: 'Phone' }, '+95 9 123-456', '+95 9 123-456'],
    [{ type: 'Phone' }, '၀၉၁၂၃၄၅၆', '၀၉၁၂၃၄၅၆'],
    [{ type: 'Date' }, '2028-02-29', '2028-02-29'],
    [{ type: 'Dropdown', options: WHERE }, 'Home', 'Home'],
    [{ type: 'Multiple Choice', options: WHERE }, 'Office', 'Office'],
    [{ type: 'Multiple Choice', options: WHERE }, ['Home', 'Home', 'Office'], WHERE],
    [{ type: 'Checkbox', options: WHERE }, ['Home'], ['Home']],
    [{ type: 'Checkbox' }, false, false],
    [{ type: 'Item Selector' }, ['a', 'b'], ['a', 'b']],
    [{ type: 'Item Selector', itemIds: ['a'] }, 'a', 'a'],
    [{ type: 'Payment Selector' }, 'Cash', 'Cash'],
  ])('keeps the answer to %o: %j', (field, answer, kept) => {
    expect(check(field, answer)).toEqual(kept);
  });

  it.each<[Partial<FormField>, Answer, string]>([
    [{ type: 'Short Text' }, 5, 'must be text'],
    [{ type: 'Short Text' }, 'x'.repeat(501), 'must have at most 500 characters'],
    [{ type: 'Number' }, '1e9', 'must be a number'],
    [{ type: 'Number' }, true, 'must be a number'],
    [{ type: 'Email' }, 'mya@', 'must be an e-mail address such as mya@example.com'],
    [{ type: 'Phone' }, '()()-()', 'must be a phone number'],
    [{ type: 'Date' }, '2026-02-29', 'must be a date YYYY-MM-DD'],
    [{ type: 'Dropdown', options: WHERE }, 'Moon', 'must be one of the options'],
    [{ type: 'Dropdown', options: WHERE }, ['Home'], 'must be one of the options'],
    [{ type: 'Multiple Choice', options: WHERE }, ['Home', 'Moon'], 'must be one of the options'],
    [{ type: 'Checkbox' }, 'yes', 'must be true or false'],
    [{ type: 'Checkbox', required: true }, false, 'must be ticked'],
    [{ type: 'Item Selector', itemIds: ['a'] }, 'b', 'must be one of the options'],
  ])('refuses the answer to %o: %j', (field, answer, message) => {
    expect(check(field, answer)).toBe(`Question ${message}`);
  });

  it.each([undefined, null, '', '   ', []])('asks for a required answer: %j is none', (answer) => {
    expect(check({ required: true }, answer)).toBe('Question is required');
    expect(check({ required: false, type: 'Number' }, answer)).toBeUndefined();
  });

  it('takes the chosen items and payment method as answers to their selectors', () => {
    const items = { hasItems: true, paymentMethod: '' };
    const payment = { hasItems: false, paymentMethod: 'Cash' };
    expect(check({ type: 'Item Selector', required: true })).toBe('Question is required');
    expect(check({ type: 'Item Selector', required: true }, undefined, items)).toBeUndefined();
    expect(check({ type: 'Payment Selector', required: true }, '', items)).toContain('required');
    expect(check({ type: 'Payment Selector', required: true }, '', payment)).toBeUndefined();
  });

  it('names each wrong field, keeps the order of the form and drops unknown answers', () => {
    const fields = [
      aField({ id: 'b', label: 'B' }),
      aField({ id: 'a', label: 'A', type: 'Number' }),
      aField({ id: 'c', label: 'C', required: true }),
    ];
    const { answered, errors } = checkAnswers(
      fields,
      { a: 'many', b: 'yes', other: 'dropped' },
      NOTHING_CHOSEN,
    );
    expect(answered).toEqual([{ id: 'b', label: 'B', value: 'yes' }]);
    expect(errors.map(({ field }) => field)).toEqual(['answers.a', 'answers.c']);
  });

  it('does not take an inherited property for an answer', () => {
    const { answered } = checkAnswers([aField({ id: 'toString' })], {}, NOTHING_CHOSEN);
    expect(answered).toEqual([]);
  });
});
