import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter } from 'mongoose';
import { AppError } from '../platform/http/app-error.js';
import { ShopsService } from '../shops/shops.service.js';
import type { Conversation } from './conversation.schema.js';
import { ConversationsService } from './conversations.service.js';
import { MessageResponse } from './dto/message.response.js';
import type { Draft } from './message-draft.js';
import { Message } from './message.schema.js';

/** What makes a message a repetition of another. */
type Repeatable = Pick<Draft, 'sender' | 'clientMessageId'> & { senderId?: string | null };

const MAX_NEWER = 50;
/** So many of the newest messages tell what a conversation shows. */
const MAX_COUNTED = 200;
const ATTEMPTS = 3;
const LOOKS = 6;
const LOOK_MS = 100;

/** Gives messages their numbers, each once, and takes back the one of a message that was not stored. */
@Injectable()
export class MessageNumbersService {
  constructor(
    @InjectModel(Message.name) private readonly messages: Model<Message>,
    private readonly conversations: ConversationsService,
    private readonly shops: ShopsService,
  ) {}

  /**
   * @param expected the last number that the sender has read
   * @returns the conversation with the number; or the same message, when a repetition was faster
   * @throws AppError `conversation_moved_on` with what is new
   */
  async take(draft: Draft, expected?: number): Promise<Conversation | Message> {
    const { shopId, conversationId } = idsOf(draft);
    let read = expected;
    let isLost = false;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const condition: QueryFilter<Conversation> = {
        // A repetition that is on its way has shown its message already.
        ...(isLost ? {} : { takenFor: { $ne: draft._id } }),
        ...(read === undefined ? {} : { messageCount: read }),
      };
      const taken = await this.conversations.takeNumber(shopId, conversationId, draft, condition);
      if (taken) return taken;
      const { conversation } = await this.conversations.get(shopId, conversationId);
      const { messageCount, takenFor } = conversation;
      if (takenFor.some((id) => id.equals(draft._id))) {
        const same = await this.waitFor(() => this.findRepeated(shopId, conversationId, draft));
        if (same) return same;
        // Whoever has taken it has died: others have numbers above it, or it can be taken back.
        isLost = !takenFor[0]!.equals(draft._id);
        if (!isLost) await this.takeBack(conversation);
      } else if (read !== undefined && messageCount > read) {
        const same = await this.findRepeated(shopId, conversationId, draft);
        return same ?? this.refuse(conversation, read);
      } else if (read !== undefined && read > messageCount + 1) {
        throw tooHigh(messageCount);
      } else {
        // Somebody's number that this sender has read was taken back.
        read = read === undefined ? undefined : messageCount;
      }
    }
    throw AppError.conflict('conflict', 'Others change this conversation too fast: try again.');
  }

  /**
   * Has the conversation show what is stored, after `taken` took a number for what is not.
   * @returns the conversation then; null when a number was taken since
   */
  async takeBack(taken: Conversation): Promise<Conversation | null> {
    const { shopId, _id: conversationId, messageCount } = taken;
    let newest: Message[] = [];
    // Who has the number before may be about to write.
    await this.waitFor(async () => {
      newest = await this.messages
        .find({ shopId, conversationId })
        .sort({ messageNumber: -1 })
        .limit(MAX_COUNTED)
        .lean();
      return (newest[0]?.messageNumber ?? 0) >= messageCount - 1 ? newest : null;
    });
    return this.conversations.takeBackNumber(taken, newest);
  }

  /** Gives a message that was stored late a change's number that nobody can have passed yet. */
  async renew({ shopId, _id }: Message): Promise<Message | null> {
    const seq = await this.shops.nextSeq(shopId.toHexString());
    const renewed = { $set: { seq } };
    return this.messages
      .findOneAndUpdate({ shopId, _id }, renewed, { returnDocument: 'after' })
      .lean();
  }

  /** @throws AppError `conflict` when a colleague has given theirs the same name */
  async findRepeated(
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

  /** With what is new as far as it is stored: whoever has taken a number may be about to write. */
  private async refuse({ shopId, _id, messageCount }: Conversation, read: number): Promise<never> {
    const newer = await this.waitFor(async () => {
      const found = await this.messages
        .find({ shopId, conversationId: _id, messageNumber: { $gt: read } })
        .sort({ messageNumber: 1 })
        .limit(MAX_NEWER)
        .lean();
      return found.length > 0 ? found : null;
    });
    const sentence = `The conversation has moved on since message ${read}: read what is new first.`;
    const messages = (newer ?? []).map((one) => MessageResponse.from(one));
    throw new AppError('conversation_moved_on', sentence, { data: { messages, messageCount } });
  }

  /** Looks for what somebody may be about to write; null after a while. */
  private async waitFor<Found>(find: () => Promise<Found | null>): Promise<Found | null> {
    for (let look = 1; ; look++) {
      const found = await find();
      if (found || look === LOOKS) return found;
      await pause(LOOK_MS);
    }
  }
}

function tooHigh(count: number): AppError {
  const message = `expectedMessageNumber must be the last you have read: there are ${count} messages`;
  return AppError.validation([{ field: 'expectedMessageNumber', message }]);
}

function idsOf({ shopId, conversationId }: Draft): { shopId: string; conversationId: string } {
  return { shopId: shopId.toHexString(), conversationId: conversationId.toHexString() };
}
