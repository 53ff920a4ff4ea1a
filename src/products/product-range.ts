import type { QueryFilter } from 'mongoose';
import { searchFilter } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import type { ListProductsQuery } from './dto/list-products.query.js';
import type { ProductPosition, ProductSort } from './product-cursor.js';
import { NAME_COLLATION, type Product } from './product.schema.js';

type Field = 'category' | 'itemType' | 'searchWords' | 'stock' | 'name' | 'retailPrice' | '_id';

/** A list's filter: what of an index it fixes, and what it asks of it. */
interface ProductFilter {
  name: string;
  fixed: Field[];
  condition: QueryFilter<Product>;
}

/** One range of one index, in its order. */
export interface ProductRange {
  sort: ProductSort;
  conditions: QueryFilter<Product>[];
  /** Of a search: the products are asked for that have all of them. */
  words: string[];
  order: Record<string, 1 | -1>;
  /** The index that has these rows side by side; without it the database may prefer to sort. */
  index: Record<string, 1>;
  collation: typeof NAME_COLLATION | undefined;
}

export const LOW_STOCK = 10;

/** The orders that a filter can be had in, the usual one first: each combination has its index. */
const OFFERED: Record<string, readonly ProductSort[]> = {
  '': ['createdAt', 'name', 'retailPrice'],
  category: ['createdAt', 'name', 'retailPrice'],
  itemType: ['createdAt', 'name', 'retailPrice'],
  q: ['createdAt'],
  'stock=out': ['createdAt'],
  'stock=uncounted': ['createdAt'],
  'stock=in': ['stock'],
  'stock=low': ['stock'],
  'category and stock=out': ['createdAt'],
  'category and stock=uncounted': ['createdAt'],
  'category and stock=in': ['stock'],
  'category and stock=low': ['stock'],
};

/**
 * The range of the catalogue that `query` asks for; undefined when nothing can match.
 * @throws AppError `validation_failed` for a combination that no index serves
 */
export function productRange(query: ListProductsQuery): ProductRange | undefined {
  const filters = filtersOf(query);
  const offered = OFFERED[filters.map(({ name }) => name).join(' and ')];
  if (!offered) throw notOffered(filters);
  const sort = query.sort ?? offered[0]!;
  if (!offered.includes(sort)) throw sortNotOffered(filters, sort, offered);
  const words = query.q ? searchFilter(query.q)?.searchWords.$all : [];
  if (!words) return undefined;
  const fixed = new Set<Field>(filters.flatMap((filter) => filter.fixed));
  if (sort !== 'createdAt') fixed.add(sort);
  const direction = query.order === 'desc' ? -1 : 1;
  const keys: Field[] = [...fixed, '_id'];
  const isByText = fixed.has('category') || fixed.has('name');
  return {
    sort,
    conditions: filters.map(({ condition }) => condition),
    words,
    order: { ...(sort === 'createdAt' ? {} : { [sort]: direction }), _id: direction },
    index: { shopId: 1, ...Object.fromEntries(keys.map((key) => [key, 1 as const])) },
    collation: isByText ? NAME_COLLATION : undefined,
  };
}

/**
 * What comes after `position` in the order of a range, as ranges to be read one after the other:
 * first the rest of those with the same value, of which there may be very many.
 */
export function rangesAfter(
  { sort, order }: ProductRange,
  { value, id }: ProductPosition,
): QueryFilter<Product>[] {
  const beyond = order['_id'] === 1 ? '$gt' : '$lt';
  const afterId = { _id: { [beyond]: id } };
  if (sort === 'createdAt') return [afterId];
  return [{ [sort]: value, ...afterId }, { [sort]: { [beyond]: value } }];
}

function filtersOf({ q, category, itemType, stock, threshold }: ListProductsQuery) {
  const filters: ProductFilter[] = [];
  if (q) {
    const [word = ''] = searchFilter(q)?.searchWords.$all ?? [];
    filters.push({ name: 'q', fixed: ['searchWords'], condition: { searchWords: word } });
  }
  if (category) filters.push({ name: 'category', fixed: ['category'], condition: { category } });
  if (itemType) filters.push({ name: 'itemType', fixed: ['itemType'], condition: { itemType } });
  if (stock) {
    const conditions = {
      in: { stock: { $gte: 1 } },
      low: { stock: { $gte: 0, $lte: threshold ?? LOW_STOCK } },
      out: { stock: 0 },
      uncounted: { stock: null },
    };
    filters.push({ name: `stock=${stock}`, fixed: ['stock'], condition: conditions[stock] });
  }
  return filters;
}

function notOffered(filters: ProductFilter[]): AppError {
  const names = filters.map(({ name }) => name.split('=')[0]!);
  const message =
    `${names.join(', ')} cannot be combined: filter by one of q, category, itemType and stock, ` +
    'or by category and stock; q finds words of categories too';
  return AppError.validation(names.map((field) => ({ field, message })));
}

function sortNotOffered(
  filters: ProductFilter[],
  sort: ProductSort,
  offered: readonly ProductSort[],
): AppError {
  const which = filters.map(({ name }) => name).join(' and ') || 'the whole catalogue';
  const message = `sort=${sort} is not offered with ${which}: use ${offered.join(' or ')}`;
  return AppError.validation([{ field: 'sort', message }]);
}
