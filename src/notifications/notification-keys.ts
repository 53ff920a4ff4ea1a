/** What a notification is about, as its key names it: one of a person and a thing. */
export const keyOf = {
  order: (orderId: string) => `order:${orderId}`,
  messages: (conversationId: string) => `messages:${conversationId}`,
  assignment: (conversationId: string) => `assignment:${conversationId}`,
  mention: (conversationId: string, messageId: string) => `mention:${conversationId}:${messageId}`,
  payment: (kind: 'payment_received' | 'payment_failed', paymentId: string) =>
    `${kind}:${paymentId}`,
};

/** The range of the keys of all mentions in a conversation. */
export function mentionsOf(conversationId: string): { $gt: string; $lt: string } {
  const prefix = keyOf.mention(conversationId, '');
  return { $gt: prefix, $lt: `${prefix}~` };
}
