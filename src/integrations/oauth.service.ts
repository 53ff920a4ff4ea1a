import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError, type ErrorCode, ERRORS } from '../platform/http/app-error.js';
import { isAllowed } from '../shops/permissions.js';
import { ShopsService } from '../shops/shops.service.js';
import { isAppMadeState } from './app-made-state.js';
import { ConnectionsService } from './connections.service.js';
import type { IntegrationView } from './dto/integration.response.js';
import { IntegrationTokensService } from './integration-tokens.service.js';
import type { OAuthState } from './oauth-state.schema.js';
import { OAuthStatesService, type Presented, type Visitor } from './oauth-states.service.js';
import { challengeOf, verifierOf } from './pkce.js';
import type { PlatformName } from './platforms/platform.js';
import { PlatformsService } from './platforms/platforms.service.js';

/** What a platform sent the browser back with, as it came. */
export interface Callback extends Presented {
  code: unknown;
  error: unknown;
}

export type OAuthFailure = ErrorCode | 'refused' | 'invalid_state';

/** How a popup ends. */
export type OAuthOutcome = { appOrigin: string } & (
  { ok: true; code: string } | { ok: false; code: OAuthFailure; status: number; text: string }
);

const MAX_CODE_CHARACTERS = 2_000;
const USED_UP = 'This visit was used, is too old, or began in another browser: start again.';

/** Sellers' visits to the platforms: out, past our own page where there is one, and back. */
@Injectable()
export class OAuthService {
  constructor(
    private readonly states: OAuthStatesService,
    private readonly connections: ConnectionsService,
    private readonly platforms: PlatformsService,
    private readonly tokens: IntegrationTokensService,
    private readonly shops: ShopsService,
    private readonly config: AppConfig,
  ) {}

  /** Where the popup shall go. @throws AppError `provider_not_configured` */
  async begin(visitor: Visitor, browser: { binding: string; appOrigin: string }): Promise<string> {
    const platform = this.platforms.require(visitor.platform);
    const state = await this.states.begin(visitor, browser, new Date());
    if (!platform.pastedToken) return this.awayTo(visitor.platform, state, browser.binding);
    return `${this.config.ownOrigin}/oauth/${visitor.platform}/authorize?state=${state}`;
  }

  /** A visit that stops at our own page, which asks for a bot's token. */
  async findVisit(presented: Presented): Promise<OAuthState | null> {
    if (!this.platforms.require(presented.platform).pastedToken) {
      throw AppError.notFound('page');
    }
    const visit = await this.states.find(presented, new Date());
    return visit && (await this.mayConnect(visit)) ? visit : null;
  }

  /**
   * Checks a pasted token with the platform and keeps it for the rest of the visit.
   * @returns where to go on; null when the token is not good
   * @throws AppError `provider_failed`, or `invalid_token` when the visit has ended meanwhile
   */
  async paste(
    visit: OAuthState,
    { state, binding, token }: { state: string; binding: string; token: string },
  ): Promise<string | null> {
    const { platform } = visit;
    if (!(await this.connections.isGoodToken(platform, token))) return null;
    const sealed = this.tokens.sealPasted(visit.shopId.toHexString(), platform, token);
    if (await this.states.keepPasted(visit, sealed)) return this.awayTo(platform, state, binding);
    throw new AppError('invalid_token', USED_UP);
  }

  /** Ends a visit. Only one that we began, in this browser, of who is a member still, connects. */
  async finish(callback: Callback): Promise<OAuthOutcome> {
    const [appOrigin = ''] = this.config.appOrigins;
    const now = new Date();
    if (isAppMadeState(callback.state, callback.platform, now)) {
      const code = codeOf(callback);
      return code === undefined ? refusal(callback, appOrigin) : { ok: true, code, appOrigin };
    }
    const visit = await this.states.end(callback, now);
    if (!visit) return failed(appOrigin, { code: 'invalid_state', status: 400, text: USED_UP });
    const code = codeOf(callback);
    if (code === undefined) return refusal(callback, visit.appOrigin);
    try {
      return {
        ok: true,
        code: await this.complete(visit, callback, code),
        appOrigin: visit.appOrigin,
      };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code: reason, message } = error;
      return failed(visit.appOrigin, {
        code: reason,
        status: ERRORS[reason].status,
        text: message,
      });
    }
  }

  /**
   * Takes what the popup handed to the app: a handle, which shows that all is done, or a platform's own
   * code, which came back to the app's address with a state of the app.
   */
  async redeem(code: string, visitor: Visitor): Promise<IntegrationView> {
    const platform = this.platforms.require(visitor.platform);
    if (this.states.isHandle(code)) {
      const isGood = await this.states.takeHandle(code, visitor, new Date());
      if (isGood) return this.connections.get(visitor.shopId, visitor.platform);
      throw new AppError('invalid_token', 'This handle was used or is too old: connect again.');
    }
    if (platform.pastedToken) {
      throw new AppError(
        'invalid_token',
        `${platform.label} needs a bot token: begin at .../integrations/${platform.name}/authorize.`,
      );
    }
    const [appOrigin = ''] = this.config.appOrigins;
    const redirectUri = redirectUriAt(appOrigin, platform.name);
    return this.connections.establish(visitor.shopId, platform.name, { code, redirectUri });
  }

  private async complete(visit: OAuthState, callback: Callback, code: string): Promise<string> {
    const { platform } = visit;
    const shopId = visit.shopId.toHexString();
    if (!(await this.mayConnect(visit))) {
      throw new AppError('forbidden', 'You may not connect this shop any more: ask its owner.');
    }
    const { pasted } = visit;
    await this.connections.establish(shopId, platform, {
      code,
      redirectUri: this.ownRedirectUri(platform),
      codeVerifier: verifierOf(String(callback.state), String(callback.binding)),
      pasted: pasted && this.tokens.openPasted(shopId, platform, pasted),
    });
    const visitor = { shopId, userId: visit.userId.toHexString(), platform };
    return this.states.offerHandle(visitor, new Date());
  }

  private async mayConnect({ shopId, userId }: OAuthState): Promise<boolean> {
    const member = await this.shops.findMembership(shopId.toHexString(), userId.toHexString());
    return member !== null && isAllowed(member.role, 'integrations:write');
  }

  private awayTo(name: PlatformName, state: string, binding: string): string {
    const codeChallenge = challengeOf(verifierOf(state, binding));
    const redirectUri = this.ownRedirectUri(name);
    return this.platforms.get(name).authorizeUrl({ state, redirectUri, codeChallenge });
  }

  private ownRedirectUri(name: PlatformName): string {
    return redirectUriAt(this.config.ownOrigin, name);
  }
}

function redirectUriAt(origin: string, name: PlatformName): string {
  return `${origin}/oauth/${name}/callback`;
}

function codeOf({ code, error }: Callback): string | undefined {
  const isOne = typeof code === 'string' && code !== '' && code.length <= MAX_CODE_CHARACTERS;
  return isOne && error === undefined ? code : undefined;
}

/** The platform's own words are not repeated. */
function refusal({ error }: Callback, appOrigin: string): OAuthOutcome {
  if (error === 'access_denied') {
    const text = 'You did not allow the connection: nothing was changed.';
    return failed(appOrigin, { code: 'refused', status: 400, text });
  }
  const text = 'The platform did not answer as it should: try again.';
  return failed(appOrigin, { code: 'provider_failed', status: 502, text });
}

function failed(
  appOrigin: string,
  failure: { code: OAuthFailure; status: number; text: string },
): OAuthOutcome {
  return { appOrigin, ok: false, ...failure };
}
