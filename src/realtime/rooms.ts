const SHOP = 'shop:';

/** Room of everyone in a shop's team. */
export function shopRoom(shopId: string): string {
  return SHOP + shopId;
}

/** Whose team a room is for; undefined for a room of another kind. */
export function shopOfRoom(room: string): string | undefined {
  return room.startsWith(SHOP) ? room.slice(SHOP.length) : undefined;
}

/** Room of the sockets that one session opened. */
export function sessionRoom(sessionId: string): string {
  return `session:${sessionId}`;
}

/** Room of all sockets of one person. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}
