import type { Command } from './doors.js';
import { chatRoom, sessionRoom, shopRoom, userRoom } from './rooms.js';

const SESSION_ENDED = 'Your session has ended: sign in again.';
const CHAT_ENDED = 'This chat has ended: start a new one in the shop.';
const LEFT_SHOP = 'You are no longer in the team of this shop.';

/** Closes the sockets of a session that has ended. */
export function closeSession(sessionId: string): Command {
  return { do: 'close', room: sessionRoom(sessionId), reason: SESSION_ENDED };
}

/** Closes the sockets of all sessions of a person, but one. */
export function closeSessions(userId: string, exceptSessionId?: string): Command {
  const except = exceptSessionId && sessionRoom(exceptSessionId);
  return { do: 'close', room: userRoom(userId), reason: SESSION_ENDED, except };
}

/** Closes the sockets of a customer whose conversation is gone. */
export function closeChat(conversationId: string): Command {
  return { do: 'close', room: chatRoom(conversationId), reason: CHAT_ENDED };
}

/** Takes the sockets of a person out of a shop's room, and tells them. */
export function takeOutOfShop(shopId: string, userId: string): Command[] {
  const [room, left] = [userRoom(userId), shopRoom(shopId)];
  const data = { shopId, reason: LEFT_SHOP };
  return [
    { do: 'leave', room, left },
    { do: 'emit', room, event: 'shop:left', data },
  ];
}
