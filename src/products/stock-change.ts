import { createHash } from 'node:crypto';
import { Types, type PipelineStage } from 'mongoose';
import type { PendingStockChange, StockMovement } from './stock-movement.schema.js';
import type { StockReason } from './stock-reason.js';

/**
 * One taking of an order's pieces: round 0 at its placement, a number of its own each time that
 * somebody tries to take them again after they went back.
 */
export interface OrderRound {
  orderId: string;
  round: number;
}

/** One change that is about to be made of a product's stock. */
export interface NewStockChange {
  _id: Types.ObjectId;
  reason: StockReason;
  orderId: string | null;
  by: string | null;
  note: string;
  at: Date;
  held: boolean;
  round?: number;
}

type StageOfUpdate = Extract<PipelineStage, { $set: unknown }>;

/** A change that no order makes. */
export function aChange(cause: Pick<NewStockChange, 'by' | 'reason'> & { note?: string }) {
  const { by, reason, note = '' } = cause;
  const _id = new Types.ObjectId();
  return { _id, reason, orderId: null, by, note, at: new Date(), held: false };
}

/** A movement that an order makes has a fixed id: made twice in one round, it is the same. */
export function orderMovementId(
  { orderId, round }: OrderRound,
  productId: string,
  kind: 'taken' | 'undone' | 'back',
): Types.ObjectId {
  const name = `${orderId} ${productId} ${kind}${round > 0 ? ` ${round}` : ''}`;
  const hash = createHash('sha256').update(name).digest('hex');
  return new Types.ObjectId(hash.slice(0, 24));
}

/** Names a round of an order in a set. */
export function roundKey({ orderId, round }: OrderRound): string {
  return `${orderId} ${round}`;
}

/** The round of an order that a change was made in. */
export function roundOf({ orderId, round }: PendingStockChange): OrderRound | null {
  // Those from before there were rounds have none.
  return orderId && { orderId: orderId.toHexString(), round: round ?? 0 };
}

/** Whether it was made in one of these rounds, by their keys. */
export function isOfRound(change: PendingStockChange, rounds: Set<string>): boolean {
  const round = roundOf(change);
  return round !== null && rounds.has(roundKey(round));
}

/** What is kept of a change of `product` for good. */
export function asMovement(
  { held: _, round: _round, ...change }: PendingStockChange,
  { _id, shopId }: { _id: Types.ObjectId; shopId: Types.ObjectId },
): StockMovement {
  return { ...change, shopId, productId: _id };
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
    round: change.round ?? 0,
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
