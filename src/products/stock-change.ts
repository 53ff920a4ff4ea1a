import { createHash } from 'node:crypto';
import { Types, type PipelineStage } from 'mongoose';
import type { StockReason } from './stock-reason.js';

/** One change that is about to be made of a product's stock. */
export interface NewStockChange {
  _id: Types.ObjectId;
  reason: StockReason;
  orderId: string | null;
  by: string | null;
  note: string;
  at: Date;
  held: boolean;
}

type StageOfUpdate = Extract<PipelineStage, { $set: unknown }>;

/** A movement that an order makes has a fixed id: made twice, it is the same. */
export function orderMovementId(
  orderId: string,
  productId: string,
  kind: 'taken' | 'undone' | 'back',
): Types.ObjectId {
  const hash = createHash('sha256').update(`${orderId} ${productId} ${kind}`).digest('hex');
  return new Types.ObjectId(hash.slice(0, 24));
}

/**
 * The update that changes a stock and notes the change in one step.
 * @param newStock an aggregation expression, or a number, or null for what is not counted any more
 */
export function stockUpdate(newStock: unknown, change: NewStockChange): StageOfUpdate[] {
  const before = { $ifNull: ['$stock', 0] };
  const entry = {
    _id: change._id,
    version: { $add: [{ $ifNull: ['$stockVersion', 0] }, 1] },
    change: { $subtract: [{ $ifNull: [newStock, 0] }, before] },
    newStock,
    reason: change.reason,
    orderId: change.orderId ? new Types.ObjectId(change.orderId) : null,
    by: change.by ? new Types.ObjectId(change.by) : null,
    // As it is: a note that begins with $ is not the name of a field.
    note: { $literal: change.note },
    at: change.at,
    held: change.held,
  };
  return [
    {
      $set: {
        stock: newStock,
        stockVersion: entry.version,
        stockChangedAt: change.at,
        updatedAt: change.at,
        pendingStockChanges: {
          $concatArrays: [{ $ifNull: ['$pendingStockChanges', []] }, [entry]],
        },
      },
    },
  ];
}

/** The update that undoes what was taken for an order: the stock goes back, and both stay noted. */
export function undoUpdate(quantity: number, heldId: Types.ObjectId, undo: NewStockChange) {
  const isCounted = { $ne: [{ $ifNull: ['$stock', null] }, null] };
  const newStock = { $cond: [isCounted, { $add: ['$stock', quantity] }, null] };
  const letGo = {
    $set: {
      pendingStockChanges: {
        $map: {
          input: '$pendingStockChanges',
          in: {
            $cond: [
              { $eq: ['$$this._id', heldId] },
              { $mergeObjects: ['$$this', { held: false }] },
              '$$this',
            ],
          },
        },
      },
    },
  };
  return [letGo, ...stockUpdate(newStock, undo)];
}
