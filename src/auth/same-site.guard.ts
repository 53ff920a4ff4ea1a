import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { CallerResolver } from './caller-resolver.service.js';

/** For public routes that act on cookies: another site's page may not make them. */
@Injectable()
export class SameSiteGuard implements CanActivate {
  constructor(private readonly callers: CallerResolver) {}

  canActivate(context: ExecutionContext): boolean {
    this.callers.refuseCrossSite(context.switchToHttp().getRequest<Request>());
    return true;
  }
}
