import type { ConversationAssignment } from '../events/event-catalogue.js';
import type { Conversation } from './conversation.schema.js';

/** Who has the conversation, if that was decided after the shop's number `after`. */
export function assignmentOf(
  { assigneeId, assignedBy, assignedSeq }: Conversation,
  after: number,
): ConversationAssignment | undefined {
  if (!assigneeId || assignedSeq === undefined || assignedSeq <= after) return undefined;
  return {
    to: assigneeId.toHexString(),
    by: assignedBy?.toHexString() ?? null,
    seq: assignedSeq,
  };
}
