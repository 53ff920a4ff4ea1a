import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppConfig } from '../platform/config/app-config.js';
import {
  ACCESS,
  type AccessMark,
  type AuthenticatedRequest,
} from '../platform/http/access.decorators.js';
import { accessCookie } from './cookies.js';
import { TokensService } from './tokens.service.js';

const BEARER = /^Bearer +(\S+)$/i;

/** Closed by default: every route needs a live session unless it is marked `@Public()`. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokensService,
    private readonly config: AppConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<AccessMark | undefined>(ACCESS, context.getHandler());
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const [, bearer] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    request.caller = await this.tokens.authenticate(
      bearer ?? accessCookie(request, this.config.production),
    );
    return true;
  }
}
