import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
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
import { MessageNumbersService } from './message-numbers.service.js';
import { Message } from './message.schema.js';

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

const ATTEMPTS = 3;
/** Readers look again at the numbers of the last moments only. */
const LATE_MS = 2_000;

@Injectable()
export class MessagesService {
  constructor(
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly conversations: ConversationsService,
    private readonly numbers: MessageNumbersService,
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
   * message and an excerpt, until the sender's repetition takes them back; nothing was acknowledged
   * yet. The other way round the repetition would find its message stored and acknowledge it, while
   * the conversation stayed closed, read and low in the inbox for ever.
   * @param beside what can be done with the conversation while the message is stored
   */
  private async store(
    shopId: string,
    conversationId: string,
    message: NewMessage,
    beside?: (conversation: Conversation) => void,
  ): Promise<StoredMessage> {
    requireContent(message);
    const known = await this.numbers.findRepeated(shopId, conversationId, message);
    if (known) return { message: known };
    const draft = draftOf(shopId, conversationId, {
      ...message,
      attachment: await this.files.keep(shopId, conversationId, message),
    });
    for (let attempt = 1; ; attempt++) {
      const askedAt = performance.now();
      const taken = await this.numbers.take(draft, message.expectedMessageNumber ?? undefined);
      if (!('messageCount' in taken)) return { message: taken };
      beside?.(taken);
      try {
        const created = await this.insert(draft, taken);
        const stored = performance.now() - askedAt < LATE_MS ? created : await this.renew(created);
        return { conversation: taken, message: this.announce(taken, stored) };
      } catch (error) {
        await this.takeBack(taken);
        if (!isDuplicateKey(error)) throw error;
        const winner = await this.numbers.findRepeated(shopId, conversationId, message);
        if (winner) return { message: winner };
        // Who was slow had been taken for dead, and has the number.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async insert(draft: Draft, { seq, messageCount }: Conversation): Promise<Message> {
    const numbered = { ...draft, seq, messageNumber: messageCount };
    // Made here, of checked parts: another check would find nothing and costs more than the rest.
    const [created] = await this.messages.create([numbered], { validateBeforeSave: false });
    return created!.toObject();
  }

  /** Who had read on to later numbers while it was being stored would never ask for its own. */
  private async renew(created: Message): Promise<Message> {
    const renewed = await this.numbers.renew(created).catch(() => null);
    return renewed ?? created;
  }

  private async takeBack(taken: Conversation): Promise<void> {
    // Whoever sends the message again, or the next one, puts right what cannot be put right now.
    const now = await this.numbers.takeBack(taken).catch(() => null);
    if (now) this.announceConversation(now, []);
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

function requireContent({ text, attachment }: NewMessage): void {
  if (/\S/.test(text) || attachment) return;
  const message = 'text must not be empty without an attachment';
  throw AppError.validation([{ field: 'text', message }]);
}
