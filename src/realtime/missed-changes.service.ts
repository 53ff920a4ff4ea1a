import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ConversationsService } from '../conversations/conversations.service.js';
import { PublicMessageResponse } from '../conversations/dto/public-message.response.js';
import { MessagesService } from '../conversations/messages.service.js';
import type { ChangesResponse } from '../sync/dto/changes.response.js';
import { SyncService } from '../sync/sync.service.js';
import { type Command, Doors } from './doors.js';
import { PushMemory } from './push-memory.js';
import { commandsFor } from './push-table.js';
import { chatRoom, shopOfRoom, shopRoom } from './rooms.js';

/** Told at once, and the pause before the next: a client must be able to read along. */
const BATCH = 50;
const PAUSE_MS = 50;
/** Messages of a chat that its customer is told again. */
const NEWEST = { limit: 50 };

/** Sockets are told nothing of it. */
const NO_CHAT = { customerName: '', assigneeId: null };

/** A document's newer state, and how it is told. */
interface State {
  id: string;
  seq: number;
  commands: Command[];
}

/** Tells the sockets of this process what was written in a shop and not told them. */
@Injectable()
export class MissedChanges {
  constructor(
    private readonly doors: Doors,
    private readonly memory: PushMemory,
    private readonly sync: SyncService,
    private readonly conversations: ConversationsService,
    private readonly messages: MessagesService,
  ) {}

  /** @param since the number up to which they were told all */
  async tell(shopId: string, since: number): Promise<void> {
    const changes = await this.sync.changesSince({ shopId, userId: null }, since, new Date());
    if (changes.reset) return this.tellToReadAnew(shopId, changes.seq);
    const states = [...statesOf(shopId, changes), ...(await this.notificationsOf(shopId, since))];
    // What the overlap brings again was heard.
    const missed = states.filter(({ seq }) => seq > since).sort((a, b) => a.seq - b.seq);
    for (let start = 0; start < missed.length; start += BATCH) {
      if (start > 0) await pause(PAUSE_MS);
      for (const { id, seq, commands } of missed.slice(start, start + BATCH)) {
        // Looked at only now: a later state may have come meanwhile.
        const isKnown = this.memory.has({ id, seq });
        // A customer is told a status only when it changes, of which the last push knew nothing.
        this.doors.apply(isKnown ? commands.filter(isChatStatus) : commands);
        this.memory.keep(commands);
      }
    }
  }

  /** The team; a customer has one chat to read, which is told them instead. */
  private async tellToReadAnew(shopId: string, seq: number): Promise<void> {
    const data = { shopId, seq };
    this.doors.apply([{ do: 'emit', room: shopRoom(shopId), event: 'shop:reset', data }]);
    const customers = this.doors
      .occupants()
      .flatMap(({ identity }) =>
        identity.kind === 'customer' && identity.shopId === shopId ? [identity.subjectId] : [],
      );
    for (const conversationId of new Set(customers)) await this.tellChat(shopId, conversationId);
  }

  private async tellChat(shopId: string, conversationId: string): Promise<void> {
    const [conversation] = await this.conversations.listByIds(shopId, [conversationId]);
    if (!conversation) return;
    const { items } = await this.messages.list(shopId, conversationId, NEWEST, 'customer');
    const tell = (event: string, data: object) =>
      this.doors.apply([{ do: 'emit', room: chatRoom(conversationId), event, data }]);
    for (const one of items.toReversed()) tell('message:new', PublicMessageResponse.from(one));
    tell('conversation:update', { id: conversationId, status: conversation.status });
  }

  /** What the people of a shop's room are told, each alone. */
  private async notificationsOf(shopId: string, since: number): Promise<State[]> {
    const people = this.doors
      .occupants(shopRoom(shopId))
      .flatMap(({ identity }) => (identity.kind === 'member' ? [identity.userId] : []));
    const states: State[] = [];
    for (const userId of new Set(people)) {
      const reader = { shopId, userId };
      for (const notification of await this.sync.notificationsSince(reader, since, new Date())) {
        const { id, seq } = notification;
        const commands = commandsFor('notification.raised', { ...reader, notification });
        states.push({ id, seq, commands });
      }
    }
    return states;
  }
}

function isChatStatus(command: Command): boolean {
  const isStatus = command.do === 'emit' && command.event === 'conversation:update';
  return isStatus && shopOfRoom(command.room) === undefined;
}

/** What the whole team is told. */
function statesOf(shopId: string, { messages, conversations, orders }: ChangesResponse): State[] {
  return [
    ...messages.map((message) => ({
      ...message,
      commands: commandsFor('message.created', { shopId, message, chat: NO_CHAT }),
    })),
    ...conversations.map((conversation) => ({
      ...conversation,
      commands: commandsFor('conversation.updated', {
        shopId,
        conversation,
        hasNewStatus: true,
      }),
    })),
    ...orders.map((order) => ({
      ...order,
      commands: commandsFor('order.updated', { shopId, order }),
    })),
  ];
}
