import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import {
  ACCESS,
  type AccessMark,
  type AuthenticatedRequest,
} from '../platform/http/access.decorators.js';
import { AppConfig } from '../platform/config/app-config.js';
import { requireOperator } from '../platform/security/operator-token.js';
import { CallerResolver } from './caller-resolver.service.js';

/** Closed by default: every route needs a live session unless its mark says otherwise. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: CallerResolver,
    private readonly config: AppConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<AccessMark | undefined>(ACCESS, context.getHandler());
    if (access?.kind === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (access?.kind === 'operator') return requireOperator(request, this.config);
    request.caller = await this.callers.resolve(request, http.getResponse<Response>());
    return true;
  }
}
