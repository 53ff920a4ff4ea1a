import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppConfig } from '../../platform/config/app-config.js';
import type { SignInOutcome } from './facebook-sign-in.service.js';
import { sendResult, setPopupHeaders, type SignInResult } from './popup-page.js';
import { SessionTransport } from '../session-transport.js';
import { clearSignInCookie, setSignInCookie, signInCookie } from './sign-in-cookie.js';

const FLOW = 'facebook';
const MESSAGE_TYPE = 'facebook_signin';

/** The browser's side of a sign-in with Facebook: its cookies, the way out and the way back. */
@Injectable()
export class FacebookBrowser {
  constructor(
    private readonly transport: SessionTransport,
    private readonly config: AppConfig,
  ) {}

  sendOff(
    response: Response,
    { binding, dialogUrl }: { binding: string; dialogUrl: string },
  ): void {
    setPopupHeaders(response);
    setSignInCookie(response, { flow: FLOW, binding }, this.config.production);
    response.redirect(302, dialogUrl);
  }

  bindingOf(request: Request): string | undefined {
    return signInCookie(request, FLOW, this.config.production);
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
}
