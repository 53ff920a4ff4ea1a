import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { setPopupHeaders } from '../platform/http/popup-page.js';
import { OAuthBrowser } from './oauth-browser.js';
import type { OAuthState } from './oauth-state.schema.js';
import { OAuthService } from './oauth.service.js';
import type { PlatformName } from './platforms/platform.js';
import { PlatformsService } from './platforms/platforms.service.js';
import { sendTokenPage } from './token-page.js';

const USED_UP = 'This page was used, is too old, or was opened in another browser: start again.';

/** The page of ours at which a seller pastes a bot's token, for platforms that ask for one. */
@Injectable()
export class TokenPageService {
  constructor(
    private readonly oauth: OAuthService,
    private readonly browser: OAuthBrowser,
    private readonly platforms: PlatformsService,
    private readonly config: AppConfig,
  ) {}

  async show(platform: PlatformName, request: Request, response: Response): Promise<void> {
    const { state } = request.query;
    const visit = await this.findVisit(platform, request, state);
    if (visit && typeof state === 'string') this.send(response, platform, { state });
    else this.refuse(response, platform);
  }

  async paste(platform: PlatformName, request: Request, response: Response): Promise<void> {
    const { state, token } = (request.body ?? {}) as Record<string, unknown>;
    const visit = await this.findVisit(platform, request, state);
    if (!visit || typeof state !== 'string') return this.refuse(response, platform);
    const pasted = {
      state,
      binding: this.browser.markOf(request) ?? '',
      token: typeof token === 'string' ? token.trim() : '',
    };
    const next = await this.tryPaste(visit, pasted);
    if ('problem' in next) {
      return this.send(response, platform, { state, problem: next.problem });
    }
    setPopupHeaders(response);
    response.redirect(303, next.url);
  }

  private async tryPaste(
    visit: OAuthState,
    pasted: { state: string; binding: string; token: string },
  ): Promise<{ url: string } | { problem: string }> {
    const { label } = this.platforms.get(visit.platform);
    try {
      const url = await this.oauth.paste(visit, pasted);
      if (url !== null) return { url };
      return { problem: `${label} does not know this token: copy the whole of it.` };
    } catch (error) {
      if (error instanceof AppError) return { problem: error.message };
      throw error;
    }
  }

  private findVisit(
    platform: PlatformName,
    request: Request,
    state: unknown,
  ): Promise<OAuthState | null> {
    const binding = this.browser.markOf(request);
    return this.oauth.findVisit({ platform, state, binding });
  }

  private send(
    response: Response,
    name: PlatformName,
    page: { state: string; problem?: string },
  ): void {
    // Browsers hold a form's answer to this as well, wherever it redirects.
    const { oauthBase } = this.config.platforms.telegram ?? {};
    const formActions = name === 'telegram' && oauthBase ? [new URL(oauthBase).origin] : [];
    sendTokenPage(response, this.platforms.get(name), { ...page, formActions });
  }

  private refuse(response: Response, platform: PlatformName): void {
    const [appOrigin = ''] = this.config.appOrigins;
    const failure = { code: 'invalid_state', status: 400, text: USED_UP } as const;
    this.browser.close(response, platform, { ok: false, appOrigin, ...failure });
  }
}
