import { Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../platform/http/access.decorators.js';

/** The shop that a request is about; null when there is none. Membership is checked afterwards. */
export type ShopFinder = (request: AuthenticatedRequest) => Promise<string | null>;

/**
 * How the shop of a route is found whose path names none: upper modules register how it follows from
 * what they own, so that the guard of this one need not know them.
 */
@Injectable()
export class ShopFinders {
  private readonly finders = new Map<string, ShopFinder>();

  register(thing: string, find: ShopFinder): void {
    this.finders.set(thing, find);
  }

  async find(thing: string, request: AuthenticatedRequest): Promise<string | null> {
    const finder = this.finders.get(thing);
    if (!finder) throw new Error(`nobody has registered how to find the shop of a ${thing}`);
    return finder(request);
  }
}
