import type { Aggregate, Query, Schema } from 'mongoose';

declare module 'mongoose' {
  interface QueryOptions {
    /** A read over all shops on purpose, such as one by a secret key or of a background job. */
    acrossShops?: boolean;
  }
  interface AggregateOptions {
    acrossShops?: boolean;
  }
}

const GUARDED_QUERIES = [
  'countDocuments',
  'deleteMany',
  'deleteOne',
  'distinct',
  'find',
  'findOne',
  'findOneAndDelete',
  'findOneAndReplace',
  'findOneAndUpdate',
  'replaceOne',
  'updateMany',
  'updateOne',
] as const;

/**
 * Makes every query of a tenant's collection name its shop: one without `shopId` throws before it
 * reaches the database. It does not see `bulkWrite`, `insertMany`, `estimatedDocumentCount` and
 * `save`: for inserts the schema's required `shopId` stands in, the others are not used.
 */
export function shopScoped(schema: Schema): void {
  schema.pre(
    [...GUARDED_QUERIES],
    { query: true, document: false },
    function (this: Query<unknown, unknown>) {
      if (this.getOptions().acrossShops || this.getFilter()['shopId'] !== undefined) return;
      throw new Error(
        `${this.model.modelName}: a query without shopId (${this.model.collection.name})`,
      );
    },
  );
  schema.pre('aggregate', function (this: Aggregate<unknown>) {
    const [first] = this.pipeline();
    const match = first && '$match' in first ? first.$match : {};
    if (this.options.acrossShops || match['shopId'] !== undefined) return;
    throw new Error('An aggregation must begin with a $match on shopId');
  });
}
