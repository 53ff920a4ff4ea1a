import { Injectable } from '@nestjs/common';
import { parse } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { AppConfig } from '../platform/config/app-config.js';
import { sendPopupPage } from '../platform/http/popup-page.js';
import { isOneTimeSecret, makeOneTimeSecret } from '../platform/security/one-time-secret.js';
import type { OAuthOutcome } from './oauth.service.js';
import { VISIT_MINUTES } from './oauth-states.service.js';
import type { PlatformName } from './platforms/platform.js';

const MINUTE_MS = 60_000;
const MESSAGE_TYPE = 'oauth_callback';

/** The browser's side of a visit: its mark, and the page at which its popup ends. */
@Injectable()
export class OAuthBrowser {
  constructor(private readonly config: AppConfig) {}

  /**
   * Marks the browser from which a visit sets out, by a cookie; one that is marked keeps its mark, so
   * that two popups do not spoil each other.
   * @returns the mark, and the origin of the page that opens the popup
   */
  mark(request: Request, response: Response): { binding: string; appOrigin: string } {
    const known = this.markOf(request);
    const binding = isOneTimeSecret(known) ? known : makeOneTimeSecret();
    response.cookie(this.cookieName, binding, this.cookieOptions);
    const { appOrigins } = this.config;
    // A page of the API's own origin, behind one proxy with it, sends none.
    const own = appOrigins.find((origin) => origin === request.headers.origin);
    return { binding, appOrigin: own ?? appOrigins[0] ?? '' };
  }

  /** The mark that a browser shows, as it came. */
  markOf({ headers }: Pick<Request, 'headers'>): string | undefined {
    return parse(headers.cookie ?? '')[this.cookieName];
  }

  /** Tells the page that opened the popup, and nobody else, how it ended. */
  close(response: Response, platform: PlatformName, outcome: OAuthOutcome): void {
    const { appOrigin } = outcome;
    const message = outcome.ok
      ? { type: MESSAGE_TYPE, platform, code: outcome.code }
      : { type: MESSAGE_TYPE, platform, error: outcome.code, message: outcome.text };
    const { status, text } = outcome.ok ? { status: 200, text: 'Connected.' } : outcome;
    sendPopupPage(response, { status, title: 'Connect', text, message, appOrigin });
  }

  /** In production the prefix makes browsers refuse a cookie that another host planted. */
  private get cookieName(): string {
    return `${this.config.production ? '__Host-' : ''}oauth_browser`;
  }

  /** Lax, not Strict: the way back is a navigation from another site. */
  private get cookieOptions(): CookieOptions {
    return {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.config.production,
      path: '/',
      maxAge: VISIT_MINUTES * MINUTE_MS,
    };
  }
}
