import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppConfig } from '../../platform/config/app-config.js';
import { AppError } from '../../platform/http/app-error.js';
import { setPopupHeaders } from '../../platform/http/popup-page.js';
import { makeOneTimeSecret } from '../../platform/security/one-time-secret.js';
import type { SignInOutcome } from './facebook-sign-in.service.js';
import { sendResult, type SignInResult } from './popup-page.js';
import { SessionTransport } from '../session-transport.js';
import { clearSignInCookie, setSignInCookie, signInCookie } from './sign-in-cookie.js';
import type { SignInState } from './sign-in-state.schema.js';
import { SignInStatesService } from './sign-in-states.service.js';

const FLOW = 'facebook';
const MESSAGE_TYPE = 'facebook_signin';
const MAX_REDIRECT_CHARACTERS = 1_000;

/** The browser's side of a sign-in with Facebook: its cookies, the way out and the way back. */
@Injectable()
export class FacebookBrowser {
  constructor(
    private readonly states: SignInStatesService,
    private readonly transport: SessionTransport,
    private readonly config: AppConfig,
  ) {}

  /**
   * Marks the browser that sets out: only the same one may come back.
   * @returns the `state` to send along
   * @throws AppError `validation_failed` when it would end at another site's address
   */
  async sendOff({ query }: Request, response: Response): Promise<string> {
    const redirect = this.requireOwn(query['redirect']);
    const binding = makeOneTimeSecret();
    const state = await this.states.create({ flow: FLOW, binding, redirect }, new Date());
    setPopupHeaders(response);
    setSignInCookie(response, { flow: FLOW, binding }, this.config.production);
    return state;
  }

  /** The visit that `state` is of, once; null when it is not of this browser, now. */
  async takeBack(request: Request, state: unknown): Promise<SignInState | null> {
    const binding = signInCookie(request, FLOW, this.config.production);
    return this.states.consume({ flow: FLOW, state, binding }, new Date());
  }

  welcomeBack(request: Request, response: Response, outcome: SignInOutcome): void {
    const result: SignInResult = outcome.ok
      ? { ok: true }
      : { ok: false, code: outcome.code, handle: outcome.handle };
    // A state that was not this browser's says nothing of the sign-in that this browser began.
    if (outcome.ok || outcome.code !== 'invalid_state') {
      clearSignInCookie(response, FLOW, this.config.production);
    }
    if (outcome.ok) this.transport.hand(outcome.signIn, request, response);
    const [appOrigin = ''] = this.config.appOrigins;
    sendResult(response, result, { redirect: outcome.redirect, appOrigin, type: MESSAGE_TYPE });
  }

  private requireOwn(redirect: unknown): string | undefined {
    if (redirect === undefined) return undefined;
    const { appOrigins } = this.config;
    const isShort = typeof redirect === 'string' && redirect.length <= MAX_REDIRECT_CHARACTERS;
    const url = isShort && URL.canParse(redirect) ? new URL(redirect) : undefined;
    const isPlain = url && url.username === '' && url.password === '';
    if (isPlain && appOrigins.includes(url.origin)) return url.href;
    const message = `redirect must be an address in the app, at ${appOrigins.join(' or ')}`;
    throw AppError.validation([{ field: 'redirect', message }]);
  }
}
