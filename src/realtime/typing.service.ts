import { Injectable } from '@nestjs/common';
import { ConversationsService } from '../conversations/conversations.service.js';
import { AppError } from '../platform/http/app-error.js';
import { requireId } from './frame-fields.js';
import { Relay } from './relay.js';
import type { RoomMember } from './room-member.js';
import { chatRoom, shopRoom } from './rooms.js';

/** A client that goes without a word types no longer. */
const EXPIRES_MS = 6_000;

/** Tells the team and the customer of a conversation that the other side is writing. */
@Injectable()
export class Typing {
  constructor(
    private readonly conversations: ConversationsService,
    private readonly relay: Relay,
  ) {}

  /** @throws AppError 404 for a shop that was not joined, or a conversation that is not there */
  async tell(
    member: RoomMember,
    fields: Record<string, unknown>,
    isTyping: boolean,
  ): Promise<object> {
    const { identity } = member;
    if (identity.kind === 'customer') {
      const { shopId, subjectId: conversationId } = identity;
      const typing = { conversationId, sender: 'user', isTyping, expiresMs: EXPIRES_MS };
      this.emit(shopRoom(shopId), { ...typing, shopId, userId: null });
      return { conversationId };
    }
    const shopId = requireId(fields, 'shopId', 'shop');
    if (!member.isIn(shopRoom(shopId))) throw AppError.notFound('shop');
    const conversationId = requireId(fields, 'conversationId', 'conversation');
    await this.conversations.require(shopId, conversationId);
    const typing = { conversationId, sender: 'seller', isTyping, expiresMs: EXPIRES_MS };
    this.emit(shopRoom(shopId), { ...typing, shopId, userId: identity.userId });
    // Who of the team it is, is not the customer's to know.
    this.emit(chatRoom(conversationId), typing);
    return { conversationId };
  }

  private emit(room: string, data: object): void {
    this.relay.send({ do: 'emit', room, event: 'typing', data });
  }
}
