import type { OutgoingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import {
  type Profile,
  Strategy,
  type StrategyOptions,
  type VerifyFunction,
} from 'passport-facebook';
import { AppConfig, type FacebookSettings } from '../../platform/config/app-config.js';
import { AppError } from '../../platform/http/app-error.js';
import type { SignInState } from './sign-in-state.schema.js';
import { SignInStatesService } from './sign-in-states.service.js';

export const FACEBOOK_CALLBACK_PATH = '/api/auth/facebook/callback';
const PROVIDER_TIMEOUT_MS = 5_000;
const PROFILE_FIELDS = ['id', 'displayName', 'email', 'photos'];

/** What the strategy gets for a request: checked single strings, and the browser's cookie. */
export interface SignInAttempt {
  query: { code?: string; state?: string };
  binding: string | undefined;
  /** Left here by the state store, so that it is known when a later step fails. */
  started?: SignInState;
}

type Redirect = { redirect?: string };
type StoreCallback = (error: unknown, state?: string) => void;
type VerifyCallback = (error: unknown, ok?: boolean, info?: unknown) => void;
type ProviderCallback = (error: unknown, data?: unknown, response?: unknown) => void;
type ExecuteRequest = (
  library: unknown,
  options: { headers: OutgoingHttpHeaders; signal?: AbortSignal },
  body: unknown,
  callback: ProviderCallback,
) => void;

/** What passport puts on a strategy for one request. */
interface Delegate {
  redirect(url: string): void;
  success(profile: Profile): void;
  fail(): void;
  error(error: unknown): void;
}

/**
 * Drives passport-facebook for one request at a time without passport's own middleware: that keeps
 * its strategies in one global, and answers the request itself.
 */
@Injectable()
export class FacebookStrategy {
  private readonly strategy?: Strategy;

  constructor(
    config: AppConfig,
    private readonly states: SignInStatesService,
  ) {
    const { facebook, publicUrl = `http://localhost:${config.port}` } = config;
    if (facebook) this.strategy = this.make(facebook, `${publicUrl}${FACEBOOK_CALLBACK_PATH}`);
  }

  /**
   * Where to send the browser that `binding` marks.
   * @throws AppError `provider_not_configured`
   */
  dialogUrl(binding: string, redirect: string | undefined): Promise<string> {
    const state: Redirect = { redirect };
    return this.run<string>({ query: {}, binding }, { state }, (resolve, reject) => ({
      redirect: resolve,
      success: () => reject(new Error('a sign-in without a dialog')),
      fail: () => reject(new Error('the dialog was refused')),
      error: reject,
    }));
  }

  /**
   * Who comes back from the dialog; undefined when the state is not of this browser's, now. The
   * provider is asked after the state was good only.
   * @throws whatever the provider or its absence causes: the message may hold the provider's text
   */
  person(attempt: SignInAttempt): Promise<Profile | undefined> {
    return this.run<Profile | undefined>(attempt, {}, (resolve, reject) => ({
      redirect: () => reject(new Error('a callback without a code')),
      success: resolve,
      fail: () => resolve(undefined),
      error: reject,
    }));
  }

  /** @throws AppError `provider_not_configured` */
  requireConfigured(): Strategy {
    if (this.strategy) return this.strategy;
    throw new AppError(
      'provider_not_configured',
      'Facebook is not set up here: set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET.',
    );
  }

  private async run<T>(
    attempt: SignInAttempt,
    options: object,
    delegate: (resolve: (value: T) => void, reject: (error: unknown) => void) => Delegate,
  ): Promise<T> {
    const strategy = this.requireConfigured();
    return new Promise<T>((resolve, reject) => {
      const once = Object.assign(
        Object.create(strategy) as Strategy,
        delegate(resolve, (error) => reject(asError(error))),
      );
      once.authenticate(attempt as unknown as Request, options);
    });
  }

  private make(
    { appId, appSecret, graphBase, dialogBase }: FacebookSettings,
    callbackURL: string,
  ): Strategy {
    return new BoundedStrategy(
      {
        clientID: appId,
        clientSecret: appSecret,
        callbackURL,
        authorizationURL: `${dialogBase}/dialog/oauth`,
        tokenURL: `${graphBase}/oauth/access_token`,
        profileURL: `${graphBase}/me`,
        enableProof: true,
        profileFields: PROFILE_FIELDS,
        scope: ['email'],
        store: this.stateStore() as never,
      },
      (_accessToken, _refreshToken, profile, done) => done(null, profile),
    );
  }

  /** The library counts parameters: with four each, `store` gets the state and both get `meta`. */
  private stateStore() {
    const { states } = this;
    const flow = 'facebook';
    return {
      store({ binding }: SignInAttempt, state: Redirect, _meta: unknown, done: StoreCallback) {
        states
          .create({ flow, binding: binding ?? '', redirect: state.redirect }, new Date())
          .then((made) => done(null, made))
          .catch(done);
      },
      verify(attempt: SignInAttempt, state: unknown, _meta: unknown, done: VerifyCallback) {
        states
          .consume({ flow, state, binding: attempt.binding }, new Date())
          .then((started) => {
            attempt.started = started ?? undefined;
            done(null, started !== null, {});
          })
          .catch(done);
      },
    };
  }
}

/** passport-facebook whose calls to the provider end, whatever the provider does. */
class BoundedStrategy extends Strategy {
  constructor(options: StrategyOptions, verify: VerifyFunction) {
    super(options, verify);
    const client = this._oauth2 as unknown as { _executeRequest: ExecuteRequest };
    const execute = client._executeRequest;
    client._executeRequest = (library, request, body, callback) => {
      const abort = new AbortController();
      const settle = onlyOnce(callback, () => clearTimeout(timer));
      const timer = setTimeout(() => {
        settle(new Error(`no answer within ${PROVIDER_TIMEOUT_MS} ms`));
        // Ends the socket, even in the middle of a body.
        abort.abort();
      }, PROVIDER_TIMEOUT_MS);
      execute.call(client, library, { ...request, signal: abort.signal }, body, settle);
    };
  }
}

/**
 * Calls `callback` with what comes first. The libraries read an answer such as `null` without a
 * look, and throw where nobody catches: that counts as the provider's error.
 */
function onlyOnce(callback: ProviderCallback, settled: () => void): ProviderCallback {
  let done = false;
  return (...outcome) => {
    if (done) return;
    done = true;
    settled();
    try {
      callback(...outcome);
    } catch (error) {
      callback(error);
    }
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the provider failed');
}
