import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import {
  hashOneTimeSecret,
  isOneTimeSecret,
  makeOneTimeSecret,
} from '../platform/security/one-time-secret.js';
import { OAuthHandle } from './oauth-handle.schema.js';
import { OAuthState } from './oauth-state.schema.js';
import type { PlatformName } from './platforms/platform.js';

/** How long a person may take at the platform, and the app to fetch what came of it. */
export const VISIT_MINUTES = 10;
const MINUTE_MS = 60_000;
const HANDLE_PREFIX = 'cliick_';

/** Whose visit it is. */
export interface Visitor {
  shopId: string;
  userId: string;
  platform: PlatformName;
}

/** What comes with a request on the way, as it came. */
export interface Presented {
  platform: PlatformName;
  state: unknown;
  /** Value of the browser's cookie. */
  binding: unknown;
}

/** Visits to platforms, and the handles that show how they ended; of both only hashes are stored. */
@Injectable()
export class OAuthStatesService {
  constructor(
    @InjectModel(OAuthState.name) private readonly states: Model<OAuthState>,
    @InjectModel(OAuthHandle.name) private readonly handles: Model<OAuthHandle>,
  ) {}

  /** The `state` to send along, tied to the browser whose cookie holds `binding`. */
  async begin(
    { shopId, userId, platform }: Visitor,
    { binding, appOrigin }: { binding: string; appOrigin: string },
    now: Date,
  ): Promise<string> {
    const state = makeOneTimeSecret();
    await this.states.create({
      stateHash: hashOneTimeSecret(state),
      bindingHash: hashOneTimeSecret(binding),
      shopId: new Types.ObjectId(shopId),
      userId: new Types.ObjectId(userId),
      platform,
      appOrigin,
      expiresAt: soon(now),
    });
    return state;
  }

  /** A visit on its way; null when its state is unknown, used, too old, or of another browser. */
  async find(presented: Presented, now: Date): Promise<OAuthState | null> {
    const filter = filterOf(presented, now);
    return filter && this.states.findOne(filter).lean();
  }

  /** Keeps the token that was pasted on the way; false when the visit has ended meanwhile. */
  async keepPasted({ _id }: OAuthState, pasted: string): Promise<boolean> {
    const { matchedCount } = await this.states.updateOne({ _id }, { $set: { pasted } });
    return matchedCount === 1;
  }

  /** Ends a visit: whoever comes with the same state once more finds none. */
  async end(presented: Presented, now: Date): Promise<OAuthState | null> {
    const filter = filterOf(presented, now);
    return filter && this.states.findOneAndDelete(filter).lean();
  }

  async offerHandle({ shopId, userId, platform }: Visitor, now: Date): Promise<string> {
    const handle = `${HANDLE_PREFIX}${makeOneTimeSecret()}`;
    await this.handles.create({
      handleHash: hashOneTimeSecret(handle),
      shopId: new Types.ObjectId(shopId),
      userId: new Types.ObjectId(userId),
      platform,
      expiresAt: soon(now),
    });
    return handle;
  }

  /** Whether a code is one of our handles rather than a platform's. */
  isHandle(code: string): boolean {
    return code.startsWith(HANDLE_PREFIX);
  }

  /** Takes a handle, once, for who it was made for. */
  async takeHandle(handle: string, visitor: Visitor, now: Date): Promise<boolean> {
    const { deletedCount } = await this.handles.deleteOne({
      handleHash: hashOneTimeSecret(handle),
      ...visitor,
      expiresAt: { $gt: now },
    });
    return deletedCount === 1;
  }
}

function filterOf({ platform, state, binding }: Presented, now: Date) {
  if (!isOneTimeSecret(state) || !isOneTimeSecret(binding)) return null;
  return {
    stateHash: hashOneTimeSecret(state),
    bindingHash: hashOneTimeSecret(binding),
    platform,
    expiresAt: { $gt: now },
  };
}

function soon(now: Date): Date {
  return new Date(now.getTime() + VISIT_MINUTES * MINUTE_MS);
}
