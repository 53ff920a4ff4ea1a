import { Injectable } from '@nestjs/common';
import { CatchUp } from './catch-up.service.js';
import type { RoomMember } from './room-member.js';
import { ownRooms } from './rooms.js';
import { ShopRooms } from './shop-rooms.service.js';
import { Sweeper } from './sweeper.js';

/** What happens to a socket before its first frame. */
@Injectable()
export class Arrivals {
  constructor(
    private readonly sweeper: Sweeper,
    private readonly rooms: ShopRooms,
    private readonly catchUp: CatchUp,
  ) {}

  /**
   * Puts a new socket where the end of its access will find it, then looks again: an end between its
   * handshake and now has found nobody there.
   */
  async welcome(member: RoomMember): Promise<void> {
    for (const room of ownRooms(member.identity)) await member.join(room);
    await this.sweeper.check(member.identity);
    if (member.identity.kind === 'customer') await this.catchUp.noteShop(member.identity.shopId);
  }

  /** Of the raw door, whose clients do not join again. */
  async welcomeBack(member: RoomMember): Promise<void> {
    await this.welcome(member);
    await this.rooms.restore(member);
  }
}
