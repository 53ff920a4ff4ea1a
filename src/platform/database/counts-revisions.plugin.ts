import type { Query, Schema, UpdateWithAggregationPipeline } from 'mongoose';

const UPDATES = ['findOneAndUpdate', 'updateOne', 'updateMany'] as const;

/** A document that tells apart its own states. */
export interface Revised {
  /** Counts the updates: as long as it is the same, the document is. */
  revision: number;
}

/**
 * Counts each update of a document in `revision`, in the update itself: whoever remembers what a
 * document was made into sees, without clocks and whatever died in between, whether that still holds.
 * It does not see `bulkWrite` and `save`, which are not used.
 */
export function countsRevisions(schema: Schema): void {
  schema.add({ revision: { type: Number, default: 0 } });
  schema.pre(
    [...UPDATES],
    { query: true, document: false },
    function (this: Query<unknown, unknown>) {
      const update = this.getUpdate();
      if (Array.isArray(update)) this.setUpdate(withStage(update));
      else if (update) this.setUpdate({ ...update, $inc: { ...update.$inc, revision: 1 } });
    },
  );
}

function withStage(update: UpdateWithAggregationPipeline): UpdateWithAggregationPipeline {
  const next = { $add: [{ $ifNull: ['$revision', 0] }, 1] };
  return [...update, { $set: { revision: next } }];
}
