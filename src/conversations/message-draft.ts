import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import type { Attachment, Message, Sender } from './message.schema.js';

/** What a sender says; everything else of a message is decided here. */
export interface NewMessage {
  sender: Sender;
  senderId?: string;
  text: string;
  attachment?: Attachment | null;
  isNote?: boolean;
  clientMessageId?: string;
  /** The last number the sender has read: the message is not added when there is more. */
  expectedMessageNumber?: number;
}

/** A message but for its numbers. */
export type Draft = Omit<Message, 'seq' | 'messageNumber'>;

export function draftOf(
  shopId: string,
  conversationId: string,
  { clientMessageId, sender, senderId, text, attachment, isNote }: NewMessage,
): Draft {
  return {
    _id: clientMessageId
      ? repeatableId(conversationId, sender, clientMessageId)
      : new Types.ObjectId(),
    conversationId: new Types.ObjectId(conversationId),
    shopId: new Types.ObjectId(shopId),
    sender,
    senderId: senderId ?? null,
    text,
    timestamp: new Date(),
    attachment: attachment ?? null,
    isNote: isNote ?? false,
    ...(clientMessageId ? { clientMessageId } : {}),
  };
}

/**
 * The same id for every repetition: when two race, the conversation's `lastMessageId` names the
 * one message there will be, whichever of them is stored.
 */
function repeatableId(
  conversationId: string,
  sender: Sender,
  clientMessageId: string,
): Types.ObjectId {
  const name = JSON.stringify([conversationId, sender, clientMessageId]);
  return new Types.ObjectId(createHash('sha256').update(name).digest('hex').slice(0, 24));
}
