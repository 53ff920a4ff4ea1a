import type { Connection } from 'mongoose';
import type { Migration } from '../platform/database/migrations.service.js';
import { searchWordsOf } from '../platform/database/search-words.js';
import type { Product } from './product.schema.js';

const BATCH = 500;

/** Products of before there was a search by words get theirs. */
export const productWords: Migration = {
  id: '2026-11-25-product-words',
  async run(connection: Connection): Promise<number> {
    const products = connection.collection<Product>('products');
    const without = products
      .find({ searchWords: { $exists: false } })
      .hint({ _id: 1 })
      .project<Pick<Product, '_id' | 'name' | 'sku' | 'category'>>({
        name: 1,
        sku: 1,
        category: 1,
      });
    let changed = 0;
    let batch: Parameters<typeof products.bulkWrite>[0][number][] = [];
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      changed += (await products.bulkWrite(batch, { ordered: false })).modifiedCount;
      batch = [];
    };
    for await (const { _id, name, sku, category } of without) {
      // Whoever edits it meanwhile has given it the words of its new name.
      const filter = { _id, searchWords: { $exists: false } };
      const $set = { searchWords: searchWordsOf([name, sku, category]) };
      batch.push({ updateOne: { filter, update: { $set } } });
      if (batch.length === BATCH) await flush();
    }
    await flush();
    return changed;
  },
};
