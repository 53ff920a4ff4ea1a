import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { type ChangeRange, changedIn } from '../platform/database/change-range.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import type { Conversation } from './conversation.schema.js';
import { ConversationsService } from './conversations.service.js';
import type { Thread } from './thread.js';
import { ConversationResponse } from './dto/conversation.response.js';
import type { ListMessagesQuery } from './dto/list-messages.query.js';
import { MessageResponse } from './dto/message.response.js';
import { type Attachment, Message, type Sender } from './message.schema.js';

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

export interface SentMessage extends Thread {
  message: Message;
}

interface StoredMessage {
  message: Message;
  /** As the message has made it; undefined when it had been stored before. */
  conversation?: Conversation;
}

/** Who reads: notes are for the team only. */
export type Audience = 'team' | 'customer';

const MAX_NEWER = 50;

@Injectable()
export class MessagesService {
  constructor(
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly conversations: ConversationsService,
    private readonly events: DomainEvents,
  ) {}

  /** Adds a message, and answers its conversation up to it. */
  async send(shopId: string, conversationId: string, message: NewMessage): Promise<SentMessage> {
    const stored = await this.store(shopId, conversationId, message);
    const upTo = stored.message.messageNumber;
    const thread = stored.conversation
      ? await this.conversations.threadOf(stored.conversation, upTo)
      : await this.conversations.get(shopId, conversationId, upTo);
    return { ...thread, message: stored.message };
  }

  /** Adds a message, for who does not need the rest of the conversation. */
  async append(shopId: string, conversationId: string, message: NewMessage): Promise<Message> {
    return (await this.store(shopId, conversationId, message)).message;
  }

  /** Newest first. */
  async list(
    shopId: string,
    conversationId: string,
    { limit, cursor }: ListMessagesQuery,
    audience: Audience,
  ): Promise<Page<Message>> {
    await this.conversations.require(shopId, conversationId);
    const rows = await this.messages
      .find({
        shopId,
        conversationId,
        ...(cursor ? { messageNumber: { $lt: decodeCursor(cursor).at } } : {}),
        ...(audience === 'customer' ? { isNote: false } : {}),
      })
      .sort({ messageNumber: -1 })
      .limit(limit + 1)
      .lean();
    return Page.of(rows, limit, ({ messageNumber, _id }) => ({
      at: messageNumber,
      id: _id.toHexString(),
    }));
  }

  /** Those that were written since a number, in its order; the newest where there are too many. */
  async listWritten(shopId: string, range: ChangeRange): Promise<Message[]> {
    const newest = await this.messages
      .find({ shopId, ...changedIn(range, 'timestamp') })
      .sort({ seq: -1 })
      .limit(range.limit)
      .lean();
    return newest.reverse();
  }

  /**
   * Adds a message; one whose `clientMessageId` is stored already is answered and changes nothing.
   *
   * The conversation is written first: dying between the two writes leaves a number without a
   * message and an excerpt that the sender's repetition, or the next message, puts right; nothing
   * was acknowledged yet. The other way round the repetition would find its message stored and
   * acknowledge it, while the conversation stayed closed, read and low in the inbox for ever.
   */
  private async store(
    shopId: string,
    conversationId: string,
    message: NewMessage,
  ): Promise<StoredMessage> {
    requireContent(message);
    const known = await this.findRepeated(shopId, conversationId, message);
    if (known) return { message: known };
    const { clientMessageId } = message;
    const draft = {
      _id: clientMessageId
        ? repeatableId(conversationId, message.sender, clientMessageId)
        : new Types.ObjectId(),
      conversationId: new Types.ObjectId(conversationId),
      shopId: new Types.ObjectId(shopId),
      sender: message.sender,
      senderId: message.senderId ?? null,
      text: message.text,
      timestamp: new Date(),
      attachment: message.attachment ?? null,
      isNote: message.isNote ?? false,
      ...(clientMessageId ? { clientMessageId } : {}),
    };
    const expected = message.expectedMessageNumber ?? undefined;
    const conversation = await this.conversations.takeNumber(
      shopId,
      conversationId,
      draft,
      expected,
    );
    if (!conversation) throw await this.movedOn(shopId, conversationId, expected ?? 0);
    try {
      const created = await this.messages.create({
        ...draft,
        seq: conversation.seq,
        messageNumber: conversation.messageCount,
      });
      return { conversation, message: this.announce(conversation, created.toObject()) };
    } catch (error) {
      const winner = isDuplicateKey(error)
        ? await this.findRepeated(shopId, conversationId, message)
        : null;
      if (winner) return { message: winner };
      throw error;
    }
  }

  private async findRepeated(
    shopId: string,
    conversationId: string,
    { sender, clientMessageId }: NewMessage,
  ): Promise<Message | null> {
    if (!clientMessageId) return null;
    return this.messages.findOne({ shopId, conversationId, sender, clientMessageId }).lean();
  }

  private async movedOn(
    shopId: string,
    conversationId: string,
    expected: number,
  ): Promise<AppError> {
    const newer = await this.messages
      .find({ shopId, conversationId, messageNumber: { $gt: expected } })
      .sort({ messageNumber: 1 })
      .limit(MAX_NEWER)
      .lean();
    const sentence = `The conversation has moved on since message ${expected}: read what is new first.`;
    const messages = newer.map((one) => MessageResponse.from(one));
    return new AppError('conversation_moved_on', sentence, { data: { messages } });
  }

  private announce(conversation: Conversation, message: Message): Message {
    const shopId = message.shopId.toHexString();
    this.events.emit('message.created', { shopId, message: MessageResponse.from(message) });
    this.events.emit('conversation.updated', {
      shopId,
      conversation: ConversationResponse.from({ conversation, messages: [message] }),
    });
    return message;
  }
}

function requireContent({ text, attachment }: NewMessage): void {
  if (/\S/.test(text) || attachment) return;
  const message = 'text must not be empty without an attachment';
  throw AppError.validation([{ field: 'text', message }]);
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
