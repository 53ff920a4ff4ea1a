import { describe, expect, it } from 'vitest';
import { reachableSchemas, toJsonSchema } from './json-schema.js';

const REFERENCE = { $ref: '#/components/schemas/Attachment' };

describe('toJsonSchema', () => {
  it.each<[string, object, object]>([
    ['a type or null', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    ['what is not nullable', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'one of a list, or null',
      { type: 'string', enum: ['a', 'b'], nullable: true },
      { type: ['string', 'null'], enum: ['a', 'b', null] },
    ],
    ['a list that has null', { enum: ['a', null], nullable: true }, { enum: ['a', null] }],
    [
      'a shape or null',
      { nullable: true, description: 'A file.', allOf: [REFERENCE] },
      { description: 'A file.', anyOf: [REFERENCE, { type: 'null' }] },
    ],
    [
      'a typed shape or null',
      { type: 'object', nullable: true, allOf: [REFERENCE] },
      { anyOf: [{ type: 'object', allOf: [REFERENCE] }, { type: 'null' }] },
    ],
    [
      'a bare reference or null',
      { ...REFERENCE, nullable: true },
      { anyOf: [REFERENCE, { type: 'null' }] },
    ],
    [
      'a reference that has something beside it',
      { ...REFERENCE, description: 'A file.' },
      { allOf: [REFERENCE], description: 'A file.' },
    ],
    [
      'excluded bounds',
      { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
      { type: 'number', exclusiveMinimum: 0, maximum: 9 },
    ],
    ['numbers as bounds', { exclusiveMinimum: 0 }, { exclusiveMinimum: 0 }],
    ['an example', { type: 'string', example: null }, { type: 'string', examples: [null] }],
    [
      'what is deeper',
      {
        type: 'array',
        items: { type: 'object', properties: { a: { type: 'number', nullable: true } } },
      },
      { type: 'array', items: { type: 'object', properties: { a: { type: ['number', 'null'] } } } },
    ],
    [
      'a field named as a keyword',
      { properties: { nullable: { type: 'boolean' }, example: { type: 'string' } } },
      { properties: { nullable: { type: 'boolean' }, example: { type: 'string' } } },
    ],
    ['values', { enum: [{ nullable: true }] }, { enum: [{ nullable: true }] }],
  ])('writes %s', (_, schema, expected) => {
    expect(toJsonSchema(schema)).toEqual(expected);
  });
});

describe('reachableSchemas', () => {
  it('takes what is named, and what that names, once', () => {
    const self = { properties: { again: { $ref: '#/components/schemas/Message' } } };
    const schemas = {
      Other: { type: 'string' },
      Message: { allOf: [REFERENCE, self] },
      Attachment: { type: 'string', nullable: true },
    };
    const found = reachableSchemas([{ $ref: '#/components/schemas/Message' }], schemas);
    expect(found).toEqual({
      Attachment: { type: ['string', 'null'] },
      Message: { allOf: [REFERENCE, self] },
    });
  });
});
