import type { SocketIdentity } from './socket-identity.js';

const SHOP = 'shop:';

/** Room of everyone in a shop's team. */
export function shopRoom(shopId: string): string {
  return SHOP + shopId;
}

/** Whose team a room is for; undefined for a room of another kind. */
export function shopOfRoom(room: string): string | undefined {
  return room.startsWith(SHOP) ? room.slice(SHOP.length) : undefined;
}

/** Room of the customer of one conversation: nothing of the team's own ever goes there. */
export function chatRoom(conversationId: string): string {
  return `chat:${conversationId}`;
}

/** Room of the sockets that one session opened. */
export function sessionRoom(sessionId: string): string {
  return `session:${sessionId}`;
}

/** Room of all sockets of one person. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}

/** Where a socket is from its beginning, without asking. */
export function ownRooms(identity: SocketIdentity): string[] {
  return identity.kind === 'member'
    ? [sessionRoom(identity.sessionId), userRoom(identity.userId)]
    : [chatRoom(identity.subjectId)];
}
