/** Events that no domain event causes, for the docs: what a socket hears of its own access and of others. */
export const SERVER_EVENTS = {
  presence: {
    to: 'team',
    summary: 'Somebody of the team came, went, or looks at something else.',
    fields: {
      shopId: { type: 'string' },
      userId: { type: 'string' },
      online: { type: 'boolean' },
      conversationIds: { type: 'array', items: { type: 'string' } },
    },
  },
  typing: {
    to: 'team and customer',
    summary: 'The other side is writing, or no more; the team also hears who (`userId`).',
    fields: {
      conversationId: { type: 'string' },
      sender: { type: 'string', enum: ['user', 'seller'] },
      isTyping: { type: 'boolean' },
      expiresMs: { type: 'integer', description: 'After this without a word it has ended.' },
    },
  },
  'shop:restored': {
    to: 'team',
    summary: 'At /ws: this session was in that shop before, and is again.',
    fields: { shopId: { type: 'string' }, online: { type: 'array', items: { type: 'object' } } },
  },
  'shop:left': {
    to: 'team',
    summary: 'You are no longer in the team of this shop.',
    fields: { shopId: { type: 'string' }, reason: { type: 'string' } },
  },
  'session:ended': {
    to: 'team and customer',
    summary: 'Your access has ended; the socket closes (4401 at /ws).',
    fields: { reason: { type: 'string' } },
  },
  error: {
    to: 'team and customer',
    summary: 'What you asked was refused; at Socket.IO when you asked for no acknowledgement.',
    fields: { error: { type: 'string' }, code: { type: 'string' } },
  },
} as const;
