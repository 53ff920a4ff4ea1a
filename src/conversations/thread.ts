import type { Conversation } from './conversation.schema.js';
import type { Message } from './message.schema.js';

/** A conversation and some of its messages, oldest first. */
export interface Thread {
  conversation: Conversation;
  messages: Message[];
}
