import { randomBytes } from 'node:crypto';

type Fields = Record<string, unknown>;

const word = (): string => randomBytes(5).toString('hex');

/** Everybody's password in the tests; it must be found in no log and no answer. */
export const PASSWORD = 'canary: a long pass phrase';

/** A valid account nobody has yet. */
export function anAccount(overrides: Fields = {}) {
  const username = `u_${word()}`;
  return {
    email: `${username}@example.com`,
    password: PASSWORD,
    username,
    ...overrides,
  };
}

/** A valid shop. */
export function aShopBody(overrides: Fields = {}) {
  return { name: 'Mya Coffee', slug: `shop-${word()}`, currency: 'USD', ...overrides };
}

/** A valid product with ten in stock. */
export function aProduct(overrides: Fields = {}) {
  return {
    name: 'Coffee beans',
    description: 'One kilo, roasted this week.',
    retailPrice: 19.99,
    stock: 10,
    itemType: 'product',
    ...overrides,
  };
}

/** A valid form with one question. */
export function aForm(overrides: Fields = {}) {
  return {
    name: 'Order',
    published: true,
    fields: [{ id: 'note', type: 'Short Text', label: 'Note', required: false }],
    ...overrides,
  };
}
