import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../platform/http/app-error.js';
import { isBug, toAppError } from '../platform/http/exception.filter.js';
import { ErrorReports } from '../platform/telemetry/error-reports.js';
import { Doors } from './doors.js';
import { fieldsOf, readSince, requireId } from './frame-fields.js';
import type { RoomMember } from './room-member.js';
import { shopRoom } from './rooms.js';
import { ONLINE } from './server-events.js';
import { ShopRooms } from './shop-rooms.service.js';
import { Typing } from './typing.service.js';

type Fields = Record<string, unknown>;

export interface ClientEvent {
  /** The event that answers at the raw door. */
  answer: string;
  from: 'team' | 'team and customer';
  summary: string;
  /** What it carries, for the docs: JSON Schema of each field. */
  fields: Record<string, object>;
  required: readonly string[];
  /** What the answer carries, for the docs. */
  answers: Record<string, object>;
  /** Fields of the answer that may be missing. */
  optional?: readonly string[];
}

const SHOP_ID = { type: 'string', description: 'Id of the shop.' };
const CONVERSATION_ID = { type: 'string', description: 'Id of the conversation.' };
const TYPING = {
  answer: 'typing:told',
  from: 'team and customer',
  fields: { shopId: SHOP_ID, conversationId: CONVERSATION_ID },
  required: [],
  answers: { conversationId: CONVERSATION_ID },
} as const;

/** Every event a client may send. A customer's socket is in its own chat and names neither. */
export const CLIENT_EVENTS = {
  'shop:join': {
    answer: 'shop:joined',
    from: 'team',
    summary:
      'Hear of everything in a shop. With `since` everything newer is told first, by the usual ' +
      'events; `reset: true` in the answer means: too much, read all anew.',
    fields: {
      shopId: SHOP_ID,
      since: { type: 'integer', description: 'The highest `seq` you have seen.' },
    },
    required: ['shopId'],
    answers: {
      shopId: SHOP_ID,
      online: ONLINE,
      seq: { type: 'integer', description: "With `since`: the shop's number, the next `since`." },
      reset: { type: 'boolean', description: 'With `since`: whether to read all anew.' },
    },
    optional: ['seq', 'reset'],
  },
  'shop:leave': {
    answer: 'shop:left',
    from: 'team',
    summary: 'Hear no more of a shop.',
    fields: { shopId: SHOP_ID },
    required: ['shopId'],
    answers: { shopId: SHOP_ID },
  },
  'typing:start': { ...TYPING, summary: 'I am writing; say so again every few seconds.' },
  'typing:stop': { ...TYPING, summary: 'I write no more.' },
  'presence:view': {
    answer: 'presence:viewed',
    from: 'team',
    summary: 'I look at this conversation, or (null) at none: the team sees it.',
    fields: {
      shopId: SHOP_ID,
      conversationId: { ...CONVERSATION_ID, type: ['string', 'null'] },
    },
    required: ['shopId'],
    answers: {
      shopId: SHOP_ID,
      conversationId: { ...CONVERSATION_ID, type: ['string', 'null'] },
    },
  },
  ping: {
    answer: 'pong',
    from: 'team and customer',
    summary: 'Are you there?',
    fields: {},
    required: [],
    answers: {},
  },
} as const satisfies Record<string, ClientEvent>;
type EventName = keyof typeof CLIENT_EVENTS;

const UNKNOWN_EVENT = `Send { "event", "data" } with one of: ${Object.keys(CLIENT_EVENTS).join(', ')}.`;

/** What a client hears back: an acknowledgement at one door, the event at the other. */
export type Answer =
  { ok: true; event: string; data: object } | { ok: false; error: string; code: string };

/** What clients may ask through a socket, the same at both doors. */
@Injectable()
export class ClientEvents {
  private readonly logger = new Logger(ClientEvents.name);

  constructor(
    private readonly rooms: ShopRooms,
    private readonly typing: Typing,
    private readonly doors: Doors,
    private readonly reports: ErrorReports,
  ) {}

  /** Answers every frame, and never fails. */
  async handle(member: RoomMember, event: unknown, data: unknown): Promise<Answer> {
    try {
      if (!isEventName(event)) throw new AppError('bad_request', UNKNOWN_EVENT);
      const answer = await this.answer(member, event, fieldsOf(data));
      return { ok: true, event: CLIENT_EVENTS[event].answer, data: answer };
    } catch (error) {
      if (isBug(error)) this.noteBug(String(event), error);
      const { message, code } = toAppError(error);
      return { ok: false, error: message, code };
    }
  }

  private async answer(member: RoomMember, event: EventName, fields: Fields): Promise<object> {
    switch (event) {
      case 'shop:join':
        return this.rooms.join(member, requireId(fields, 'shopId', 'shop'), readSince(fields));
      case 'shop:leave':
        return this.rooms.leave(member, requireId(fields, 'shopId', 'shop'));
      case 'typing:start':
        return this.typing.tell(member, fields, true);
      case 'typing:stop':
        return this.typing.tell(member, fields, false);
      case 'presence:view':
        return this.view(member, fields);
      case 'ping':
        return {};
    }
  }

  private noteBug(event: string, error: unknown): void {
    this.reports.report(error, { event });
    this.logger.error({ msg: 'frame failed', event, error: String(error) });
  }

  private view(member: RoomMember, fields: Fields): object {
    const shopId = requireId(fields, 'shopId', 'shop');
    const room = shopRoom(shopId);
    if (!member.isIn(room)) throw AppError.notFound('shop');
    const isNone = (fields['conversationId'] ?? null) === null;
    member.viewing = isNone ? undefined : requireId(fields, 'conversationId', 'conversation');
    this.doors.noteChange([room]);
    return { shopId, conversationId: member.viewing ?? null };
  }
}

function isEventName(event: unknown): event is EventName {
  return typeof event === 'string' && Object.hasOwn(CLIENT_EVENTS, event);
}
