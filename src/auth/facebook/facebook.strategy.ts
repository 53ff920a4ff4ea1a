import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { PassportStrategy } from '@nestjs/passport';
import {
  type Profile,
  Strategy,
  type StrategyOptions,
  type VerifyFunction,
} from 'passport-facebook';
import type { FacebookSettings } from '../../platform/config/platform-settings.js';
import { type FacebookPerson, readPerson } from './facebook-person.js';

const CALLBACK_PATH = '/api/auth/facebook/callback';
const PROVIDER_TIMEOUT_MS = 5_000;

type ProviderCallback = (error: unknown, data?: unknown, response?: unknown) => void;
type ExecuteRequest = (
  library: unknown,
  options: { headers: OutgoingHttpHeaders; signal?: AbortSignal },
  body: unknown,
  callback: ProviderCallback,
) => void;

/** passport-facebook whose calls to the provider end, whatever the provider does. */
class BoundedStrategy extends Strategy {
  /** passport keeps its strategies in one registry of the process: each app finds its own there. */
  override readonly name = `facebook-${randomUUID()}`;

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
 * Finds out who came back from Facebook's dialog. It keeps no state of its own: the guards of the
 * two routes make the `state` of OAuth and take it back.
 */
export class FacebookStrategy extends PassportStrategy(BoundedStrategy) {
  static from(
    { appId, appSecret, graphBase, dialogBase }: FacebookSettings,
    ownOrigin: string,
  ): FacebookStrategy {
    return new FacebookStrategy({
      clientID: appId,
      clientSecret: appSecret,
      callbackURL: `${ownOrigin}${CALLBACK_PATH}`,
      authorizationURL: `${dialogBase}/dialog/oauth`,
      tokenURL: `${graphBase}/oauth/access_token`,
      profileURL: `${graphBase}/me`,
      enableProof: true,
      profileFields: ['id', 'displayName', 'email', 'photos'],
      scope: ['email'],
    });
  }

  validate(_accessToken: string, _refreshToken: string, { _json }: Profile): FacebookPerson | null {
    return readPerson(_json) ?? null;
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
