/** Who is online, as `shop:joined` and `shop:restored` tell it. */
export const ONLINE = {
  type: 'array',
  description: 'The members who have the shop open, and the conversations they look at.',
  items: {
    type: 'object',
    properties: {
      userId: { type: 'string' },
      conversationIds: { type: 'array', items: { type: 'string' } },
    },
    required: ['userId', 'conversationIds'],
  },
} as const;

interface ServerEvent {
  name: string;
  to: 'team' | 'customer' | 'team and customer';
  summary: string;
  /** What it carries: JSON Schema of each field. */
  fields: Record<string, object>;
  /** Fields that may be missing. */
  optional?: readonly string[];
}

const TYPING = {
  conversationId: { type: 'string' },
  sender: { type: 'string', enum: ['user', 'seller'] },
  isTyping: { type: 'boolean' },
  expiresMs: { type: 'integer', description: 'After this without a word it has ended.' },
};

/** Events that no domain event causes, for the docs: what a socket hears of its own access and of others. */
export const SERVER_EVENTS: readonly ServerEvent[] = [
  {
    name: 'presence',
    to: 'team',
    summary: 'Somebody of the team came, went, or looks at something else.',
    fields: {
      shopId: { type: 'string' },
      userId: { type: 'string' },
      online: { type: 'boolean' },
      conversationIds: { type: 'array', items: { type: 'string' } },
    },
  },
  {
    name: 'typing',
    to: 'team',
    summary: 'The customer, or one of the team, is writing, or no more.',
    fields: {
      ...TYPING,
      shopId: { type: 'string' },
      userId: { type: ['string', 'null'], description: 'Who of the team; null for the customer.' },
    },
  },
  {
    name: 'typing',
    to: 'customer',
    summary: 'The shop is writing, or no more.',
    fields: TYPING,
  },
  {
    name: 'shop:restored',
    to: 'team',
    summary: 'At /ws: this session was in that shop before, and is again.',
    fields: { shopId: { type: 'string' }, online: ONLINE },
  },
  {
    name: 'shop:reset',
    to: 'team',
    summary: 'Too much was missed to be told: read the shop anew.',
    fields: { shopId: { type: 'string' }, seq: { type: 'integer' } },
  },
  {
    name: 'shop:left',
    to: 'team',
    summary: 'You are no longer in the team of this shop (`reason`).',
    fields: { shopId: { type: 'string' }, reason: { type: 'string' } },
    optional: ['reason'],
  },
  {
    name: 'session:ended',
    to: 'team and customer',
    summary: 'Your access has ended; the socket closes (4401 at /ws).',
    fields: { reason: { type: 'string' } },
  },
  {
    name: 'server:closing',
    to: 'team and customer',
    summary: 'At Socket.IO: the server restarts, connect again (1012 at /ws).',
    fields: { reason: { type: 'string' } },
  },
  {
    name: 'error',
    to: 'team and customer',
    summary: 'What you asked was refused; at Socket.IO when you asked for no acknowledgement.',
    fields: { error: { type: 'string' }, code: { type: 'string' } },
  },
];
