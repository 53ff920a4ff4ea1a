import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter } from 'mongoose';
import { DomainEvents } from '../events/domain-events.js';
import { type ChangeRange, changedIn } from '../platform/database/change-range.js';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { AppError } from '../platform/http/app-error.js';
import { decodeCursor } from '../platform/http/cursor.js';
import { Page } from '../platform/http/page.js';
import type { Conversation } from './conversation.schema.js';
import { ConversationsService, NEWEST_MESSAGES } from './conversations.service.js';
import type { Thread } from './thread.js';
import { ConversationResponse } from './dto/conversation.response.js';
import type { ListMessagesQuery } from './dto/list-messages.query.js';
import { MessageResponse } from './dto/message.response.js';
import { MessageFilesService } from './message-files.service.js';
import { type Draft, draftOf, type NewMessage } from './message-draft.js';
import { Message } from './message.schema.js';

export interface SentMessage extends Thread {
  message: Message;
}

/** What makes a message a repetition of another. */
type Repeatable = Pick<Draft, 'sender' | 'clientMessageId'> & { senderId?: string | null };

interface StoredMessage {
  message: Message;
  /** As the message has made it; undefined when it had been stored before. */
  conversation?: Conversation;
}

/** Who reads: notes are for the team only. */
export type Audience = 'team' | 'customer';

const MAX_NEWER = 50;
const ATTEMPTS = 3;
const LOOKS = 6;
const LOOK_MS = 100;

@Injectable()
export class MessagesService {
  constructor(
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly conversations: ConversationsService,
    private readonly events: DomainEvents,
    private readonly files: MessageFilesService,
  ) {}

  /** Adds a message, and answers its conversation up to it. */
  async send(shopId: string, conversationId: string, message: NewMessage): Promise<SentMessage> {
    let earlier: Promise<Thread> | undefined;
    const stored = await this.store(shopId, conversationId, message, (conversation) => {
      earlier = this.conversations.threadOf(conversation, conversation.messageCount - 1);
      // Should the message not be stored, nobody waits for what came before it.
      earlier.catch(() => undefined);
    });
    const { message: sent } = stored;
    const thread =
      stored.conversation && earlier
        ? withLast(await earlier, sent)
        : await this.conversations.get(shopId, conversationId, sent.messageNumber);
    return { ...thread, message: sent };
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
   * @param beside what can be done with the conversation while the message is stored
   */
  private async store(
    shopId: string,
    conversationId: string,
    message: NewMessage,
    beside?: (conversation: Conversation) => void,
  ): Promise<StoredMessage> {
    requireContent(message);
    const known = await this.findRepeated(shopId, conversationId, message);
    if (known) return { message: known };
    const draft = draftOf(shopId, conversationId, {
      ...message,
      attachment: await this.files.keep(shopId, conversationId, message),
    });
    const conversation = await this.takeNumber(draft, message.expectedMessageNumber ?? undefined);
    if (!('messageCount' in conversation)) return { message: conversation };
    beside?.(conversation);
    try {
      const { seq, messageCount } = conversation;
      const numbered = { ...draft, seq, messageNumber: messageCount };
      // Made here, of checked parts: another check would find nothing and costs more than the rest.
      const [created] = await this.messages.create([numbered], { validateBeforeSave: false });
      return { conversation, message: this.announce(conversation, created!.toObject()) };
    } catch (error) {
      // It has taken a number for nothing, and the conversation has changed.
      this.announceConversation(conversation, []);
      const winner = isDuplicateKey(error)
        ? await this.findRepeated(shopId, conversationId, message)
        : null;
      if (winner) return { message: winner };
      throw error;
    }
  }

  /** @throws AppError `conflict` when a colleague has given theirs the same name */
  private async findRepeated(
    shopId: string,
    conversationId: string,
    { sender, senderId = null, clientMessageId }: Repeatable,
  ): Promise<Message | null> {
    if (!clientMessageId) return null;
    const named = { shopId, conversationId, sender, clientMessageId };
    const found = await this.messages.findOne(named).lean();
    if (!found || found.senderId === senderId) return found;
    const sentence = 'A colleague has sent a message with this clientMessageId: choose another.';
    throw AppError.conflict('conflict', sentence);
  }

  /**
   * @param expected the last number that the sender has read. A later one is news only when it has
   *   become a message: where a sender has died it never does.
   * @returns the conversation with the number; or the same message, when a repetition was faster
   * @throws AppError `conversation_moved_on` with what is new
   */
  private async takeNumber(draft: Draft, expected?: number): Promise<Conversation | Message> {
    const { shopId, conversationId } = idsOf(draft);
    // A repetition that is on its way has shown its message already.
    let condition: QueryFilter<Conversation> = {
      lastMessageId: { $ne: draft._id },
      ...(expected === undefined ? {} : { messageCount: expected }),
    };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const taken = await this.conversations.takeNumber(shopId, conversationId, draft, condition);
      if (taken) return taken;
      const { conversation } = await this.conversations.get(shopId, conversationId);
      const same = await this.waitForWhoIsWriting(draft, expected);
      if (same) return same;
      condition = expected === undefined ? {} : { messageCount: conversation.messageCount };
    }
    throw movedOn(expected ?? 0, []);
  }

  /**
   * Whoever has taken a number may be about to write; after a while nobody is.
   * @returns what the repetition has written; null when nothing was
   */
  private async waitForWhoIsWriting(draft: Draft, expected?: number): Promise<Message | null> {
    const { shopId, conversationId } = idsOf(draft);
    for (let look = 1; ; look++) {
      const newer =
        expected === undefined ? [] : await this.listNewer(shopId, conversationId, expected);
      const same = await this.findRepeated(shopId, conversationId, draft);
      if (same) return same;
      if (newer.length > 0) throw movedOn(expected ?? 0, newer);
      if (look === LOOKS) return null;
      await pause(LOOK_MS);
    }
  }

  private async listNewer(
    shopId: string,
    conversationId: string,
    number: number,
  ): Promise<Message[]> {
    return this.messages
      .find({ shopId, conversationId, messageNumber: { $gt: number } })
      .sort({ messageNumber: 1 })
      .limit(MAX_NEWER)
      .lean();
  }

  private announce(conversation: Conversation, created: Message): Message {
    const message = this.files.signed(created);
    const shopId = message.shopId.toHexString();
    const { customerName, assigneeId } = conversation;
    this.events.emit('message.created', {
      shopId,
      message: MessageResponse.from(message),
      chat: { customerName, assigneeId: assigneeId?.toHexString() ?? null },
    });
    this.announceConversation(conversation, [message]);
    return message;
  }

  private announceConversation(conversation: Conversation, messages: Message[]): void {
    this.events.emit('conversation.updated', {
      shopId: conversation.shopId.toHexString(),
      conversation: ConversationResponse.from({ conversation, messages }),
    });
  }
}

/** @param earlier the newest before `message` */
function withLast({ conversation, messages }: Thread, message: Message): Thread {
  return { conversation, messages: [...messages, message].slice(-NEWEST_MESSAGES) };
}

function movedOn(expected: number, newer: Message[]): AppError {
  const sentence = `The conversation has moved on since message ${expected}: read what is new first.`;
  const messages = newer.map((one) => MessageResponse.from(one));
  return new AppError('conversation_moved_on', sentence, { data: { messages } });
}

function idsOf({ shopId, conversationId }: Draft): { shopId: string; conversationId: string } {
  return { shopId: shopId.toHexString(), conversationId: conversationId.toHexString() };
}

function requireContent({ text, attachment }: NewMessage): void {
  if (/\S/.test(text) || attachment) return;
  const message = 'text must not be empty without an attachment';
  throw AppError.validation([{ field: 'text', message }]);
}
