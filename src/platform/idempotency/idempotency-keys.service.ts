import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { isDuplicateKey } from '../database/database-errors.js';
import { AppError } from '../http/app-error.js';
import { IdempotencyKey } from './idempotency-key.schema.js';

export interface FirstAnswer {
  status: number;
  value: unknown;
}

/** The right to run the request, for the one attempt that got it. */
export interface Claim {
  id: string;
  attempt: string;
  operationId: string;
}

const REMEMBERED_MS = 24 * 60 * 60 * 1000;
/** Longer than a request may take: only a process that died holds a key this long. */
const LOCK_MS = 30_000;
const WAIT_MS = 5_000;
const POLL_MS = 100;

/** Remembers what a request with a key was answered; one document per key, each step atomic. */
@Injectable()
export class IdempotencyKeysService {
  constructor(@InjectModel(IdempotencyKey.name) private readonly keys: Model<IdempotencyKey>) {}

  /**
   * The first answer when there is one, else the claim to make it; waits while another attempt runs.
   * @throws AppError `idempotency_key_reused`, or `idempotency_in_progress` after the wait
   */
  async claim(id: string, bodyHash: string): Promise<Claim | FirstAnswer> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const claim = await this.tryClaim(id, bodyHash, new Date());
      if (claim) return claim;
      const known = await this.keys.findById(id).lean();
      if (known && known.bodyHash !== bodyHash) {
        throw new AppError(
          'idempotency_key_reused',
          'This Idempotency-Key was used with another body: use a new key for a new request.',
        );
      }
      if (known?.answer !== undefined && known.status !== undefined) {
        return { status: known.status, value: JSON.parse(known.answer) as unknown };
      }
      if (Date.now() > deadline) {
        throw new AppError(
          'idempotency_in_progress',
          'The first request with this Idempotency-Key still runs: ask again in a moment.',
          { retryAfterSeconds: 1 },
        );
      }
      await sleep(POLL_MS);
    }
  }

  async complete({ id, attempt }: Claim, { status, value }: FirstAnswer): Promise<void> {
    const answer = JSON.stringify(value ?? null);
    await this.keys.updateOne({ _id: id, attempt }, { $set: { status, answer } });
  }

  /** Frees the key after a failure: the same key may try again. */
  async release({ id, attempt }: Claim): Promise<void> {
    await this.keys.deleteOne({ _id: id, attempt });
  }

  /** Null when another attempt holds the key or has answered: then the upsert meets its `_id`. */
  private async tryClaim(id: string, bodyHash: string, now: Date): Promise<Claim | null> {
    const attempt = randomUUID();
    const isAbandoned = { bodyHash, answer: { $exists: false }, lockedUntil: { $lte: now } };
    const operation = new Types.ObjectId();
    try {
      const held = await this.keys
        .findOneAndUpdate(
          { _id: id, $or: [isAbandoned, { expiresAt: { $lte: now } }] },
          [
            {
              $set: {
                bodyHash,
                attempt,
                // Kept from an attempt whose process died; a key whose time is over means new work.
                operationId: { $cond: [{ $gt: ['$expiresAt', now] }, '$operationId', operation] },
                lockedUntil: new Date(now.getTime() + LOCK_MS),
                expiresAt: new Date(now.getTime() + REMEMBERED_MS),
              },
            },
            { $unset: ['answer', 'status'] },
          ],
          { upsert: true, returnDocument: 'after', updatePipeline: true },
        )
        .lean();
      const operationId = held.operationId.toHexString();
      return { id, attempt, operationId };
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }
}
