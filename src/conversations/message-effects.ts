import { wholeWordsOf } from '../platform/database/search-words.js';
import type { Message } from './message.schema.js';

const EXCERPT_CHARACTERS = 200;
/** A repetition overtakes its first sending by no more messages than that. */
const MAX_TAKERS = 20;

export type NumberedMessage = Pick<
  Message,
  '_id' | 'sender' | 'text' | 'timestamp' | 'attachment' | 'isNote'
>;

/**
 * What a message changes in its conversation, in the terms of an update pipeline.
 * @param seq the shop's number of the change
 */
export function changesBy(message: NumberedMessage, seq: number): object {
  const number = { $add: ['$messageCount', 1] };
  const shown = {
    ...excerptOf(message),
    lastMessageAt: { $max: ['$lastMessageAt', message.timestamp] },
  };
  const fromCustomer = {
    isRead: false,
    unreadCount: { $add: [{ $ifNull: ['$unreadCount', 0] }, 1] },
    lastCustomerMessageNumber: number,
    status: { $cond: [{ $eq: ['$status', 'closed'] }, 'open', '$status'] },
  };
  const fromSeller = { isRead: true, unreadCount: 0 };
  return {
    messageCount: number,
    takenFor: {
      $slice: [{ $concatArrays: [[message._id], { $ifNull: ['$takenFor', []] }] }, MAX_TAKERS],
    },
    takenSeq: seq,
    ...(message.isNote ? {} : shown),
    ...(message.sender === 'user' ? fromCustomer : {}),
    ...(message.sender === 'seller' && !message.isNote ? fromSeller : {}),
  };
}

/**
 * What a conversation shows of its stored messages alone, in the terms of an update pipeline. One
 * that a customer's message has opened stays open.
 * @param newest newest first; what is unread is counted no further
 * @param readNumber up to which the team has read
 */
export function changesByStored(newest: Message[], readNumber: number): object {
  const last = newest.find(({ isNote }) => !isNote);
  const answer = newest.find(({ sender, isNote }) => sender === 'seller' && !isNote);
  const seen = Math.max(readNumber, answer?.messageNumber ?? 0);
  const fromCustomer = newest.filter(({ sender }) => sender === 'user');
  const unreadCount = fromCustomer.filter(({ messageNumber }) => messageNumber > seen).length;
  const messageCount = newest[0]?.messageNumber ?? 0;
  return {
    ...excerptOf(last),
    lastMessageAt: last?.timestamp ?? '$createdAt',
    isRead: unreadCount === 0,
    unreadCount,
    lastCustomerMessageNumber: fromCustomer[0]?.messageNumber ?? 0,
    readNumber: Math.min(readNumber, messageCount),
    messageCount,
    takenFor: [],
    takenSeq: null,
  };
}

function excerptOf(message?: Pick<Message, '_id' | 'text' | 'attachment'>): object {
  const text = message ? excerpt(message) : '';
  return {
    // Text beginning with a dollar sign would be read as the name of a field.
    lastMessage: { $literal: text },
    lastMessageId: message?._id ?? null,
    searchWords: { $setUnion: [{ $ifNull: ['$nameWords', []] }, { $literal: wholeWordsOf(text) }] },
  };
}

function excerpt({ text, attachment }: Pick<Message, 'text' | 'attachment'>): string {
  const words = text || attachment?.name || attachment?.type || '';
  // A cut inside an emoji would leave half of it.
  return words.slice(0, EXCERPT_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}
