import { Injectable } from '@nestjs/common';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { toAppError } from '../platform/http/exception.filter.js';
import { type Membership, ShopsService } from '../shops/shops.service.js';
import { shopRoom } from './rooms.js';

/** A socket of either door, as the shared rules see it. */
export interface RoomMember {
  readonly caller: Caller;
  isIn(room: string): boolean;
  join(room: string): void | Promise<void>;
  leave(room: string): void | Promise<void>;
}

/** Every event a client may send. */
const CLIENT_EVENTS = ['shop:join', 'shop:leave', 'ping'] as const;
type ClientEvent = (typeof CLIENT_EVENTS)[number];

const UNKNOWN_EVENT = `Send { "event", "data" } with one of: ${CLIENT_EVENTS.join(', ')}.`;

/** What a client hears back: an acknowledgement at one door, the event at the other. */
export type Answer =
  | { ok: true; event: string; data: Record<string, unknown> }
  | { ok: false; error: string; code: string };

/** What clients may ask through a socket, the same at both doors: only members join a shop. */
@Injectable()
export class ClientEvents {
  constructor(private readonly shops: ShopsService) {}

  /** Answers every frame, and never fails. */
  async handle(member: RoomMember, event: unknown, data: unknown): Promise<Answer> {
    try {
      switch (event as ClientEvent) {
        case 'shop:join':
          return { ok: true, event: 'shop:joined', data: await this.join(member, data) };
        case 'shop:leave':
          return { ok: true, event: 'shop:left', data: await this.leave(member, data) };
        case 'ping':
          return { ok: true, event: 'pong', data: {} };
        default:
          return { ok: false, error: UNKNOWN_EVENT, code: 'bad_request' };
      }
    } catch (error) {
      const { message, code } = toAppError(error);
      return { ok: false, error: message, code };
    }
  }

  /**
   * Looks again after joining: a membership lost between look and join was told to the room before
   * this socket was in it.
   */
  private async join(member: RoomMember, data: unknown): Promise<{ shopId: string }> {
    const { shopId } = await this.requireMembership(member, shopIdOf(data));
    const room = shopRoom(shopId);
    await member.join(room);
    try {
      await this.requireMembership(member, shopId);
    } catch (error) {
      await member.leave(room);
      throw error;
    }
    if (!member.isIn(room)) {
      throw AppError.conflict('conflict', 'You left the shop meanwhile: join again.');
    }
    return { shopId };
  }

  private async requireMembership({ caller }: RoomMember, shopId: string): Promise<Membership> {
    const membership = await this.shops.findMembership(shopId, caller.userId);
    if (!membership) throw AppError.notFound('shop');
    return membership;
  }

  private async leave(member: RoomMember, data: unknown): Promise<{ shopId: string }> {
    const shopId = shopIdOf(data);
    await member.leave(shopRoom(shopId));
    return { shopId };
  }
}

function shopIdOf(data: unknown): string {
  const { shopId } = (data ?? {}) as { shopId?: unknown };
  if (typeof shopId === 'string') return shopId;
  throw AppError.validation([{ field: 'shopId', message: 'shopId must be the id of a shop' }]);
}
