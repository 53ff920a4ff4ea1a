import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import {
  hashOneTimeSecret,
  isOneTimeSecret,
  makeOneTimeSecret,
} from '../../platform/security/one-time-secret.js';
import { SIGN_IN_MINUTES, type SignInFlow } from './sign-in-cookie.js';
import { SignInState } from './sign-in-state.schema.js';

const MINUTE_MS = 60_000;

interface NewState {
  flow: SignInFlow;
  /** Value of the browser's cookie. */
  binding: string;
  redirect?: string;
}

interface ReturnedState {
  flow: SignInFlow;
  /** What the provider handed back, as it came. */
  state: unknown;
  /** What the browser's cookie holds, as it came. */
  binding: unknown;
}

/** The `state` of OAuth, kept here and tied to one browser by a cookie; only hashes are stored. */
@Injectable()
export class SignInStatesService {
  constructor(@InjectModel(SignInState.name) private readonly states: Model<SignInState>) {}

  /** The `state` to send along. */
  async create({ flow, binding, redirect }: NewState, now: Date): Promise<string> {
    const state = makeOneTimeSecret();
    await this.states.create({
      stateHash: hashOneTimeSecret(state),
      bindingHash: hashOneTimeSecret(binding),
      flow,
      redirect,
      expiresAt: new Date(now.getTime() + SIGN_IN_MINUTES * MINUTE_MS),
    });
    return state;
  }

  /** Takes a state out, once; null when it is unknown, used, too old or of another browser. */
  async consume({ flow, state, binding }: ReturnedState, now: Date): Promise<SignInState | null> {
    if (!isOneTimeSecret(state) || !isOneTimeSecret(binding)) return null;
    return this.states
      .findOneAndDelete({
        stateHash: hashOneTimeSecret(state),
        bindingHash: hashOneTimeSecret(binding),
        flow,
        expiresAt: { $gt: now },
      })
      .lean();
  }
}
