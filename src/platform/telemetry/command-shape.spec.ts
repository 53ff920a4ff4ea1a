import { Types } from 'mongoose';
import { describe, expect, it } from 'vitest';
import { commandShape } from './command-shape.js';

describe('the shape of a command', () => {
  it.each([
    [
      'find',
      { find: 'users', filter: { email: 'a@example.com', _id: { $in: [new Types.ObjectId()] } } },
      { collection: 'users', shape: { email: 'string', _id: { $in: ['ObjectId'] } } },
    ],
    [
      'findAndModify',
      { findAndModify: 'sessions', query: { hash: 'secret' }, update: { $set: { hash: 'other' } } },
      { collection: 'sessions', shape: { hash: 'string' } },
    ],
    [
      'update',
      { update: 'orders', updates: [{ q: { n: 1 }, u: { $set: { phone: '+95 9' } } }] },
      { collection: 'orders', shape: { n: 'number' } },
    ],
    [
      'aggregate',
      { aggregate: 'orders', pipeline: [{ $match: { at: { $gte: new Date() } } }] },
      { collection: 'orders', shape: [{ $match: { at: { $gte: 'Date' } } }] },
    ],
    ['getMore', { getMore: 12n, collection: 'orders' }, { collection: 'orders' }],
    [
      'insert',
      { insert: 'users', documents: [{ email: 'a@example.com' }] },
      { collection: 'users' },
    ],
  ])('of %s names fields and types, and no value', (commandName, command, shape) => {
    expect(commandShape({ commandName, command })).toEqual({ command: commandName, ...shape });
  });

  it('ends at a depth', () => {
    const deep = { a: { a: { a: { a: { a: { a: { a: { a: 'secret' } } } } } } } };
    const told = JSON.stringify(
      commandShape({ commandName: 'find', command: { find: 'x', filter: deep } }),
    );
    expect(told).not.toContain('string');
    expect(told).toContain('...');
  });
});
