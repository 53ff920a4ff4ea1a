/** Room of everyone in a shop's team. */
export function shopRoom(shopId: string): string {
  return `shop:${shopId}`;
}

/** Room of the sockets that one session opened. */
export function sessionRoom(sessionId: string): string {
  return `session:${sessionId}`;
}

/** Room of all sockets of one person. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}
