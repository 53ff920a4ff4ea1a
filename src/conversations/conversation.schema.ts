import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

export const CHANNELS = ['web', 'facebook', 'instagram', 'tiktok', 'telegram', 'viber'] as const;
export type Channel = (typeof CHANNELS)[number];

export const CONVERSATION_STATUSES = ['open', 'pending', 'closed'] as const;
export type ConversationStatus = (typeof CONVERSATION_STATUSES)[number];

/** One customer's talk with a shop on one channel; its messages are a collection of their own. */
@Schema({ collection: 'conversations', timestamps: true })
export class Conversation {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  customerName: string;

  /** The person among the shop's customers, when they are known. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  customerId: Types.ObjectId | null;

  @Prop({ type: String, enum: CHANNELS, required: true })
  channel: Channel;

  @Prop({ type: String, enum: CONVERSATION_STATUSES, required: true, default: 'open' })
  status: ConversationStatus;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  assigneeId: Types.ObjectId | null;

  /** The shop's number of the change that has set `assigneeId`. */
  @Prop({ type: Number })
  assignedSeq?: number;

  /** The member who has set `assigneeId`. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  assignedBy: Types.ObjectId | null;

  @Prop({ type: [String], default: [] })
  tags: string[];

  @Prop({ type: String, default: '' })
  notes: string;

  @Prop({ required: true, default: false })
  isAiActive: boolean;

  @Prop({ required: true, default: true })
  isRead: boolean;

  /** The customer's messages since the team last read or answered. */
  @Prop({ required: true, default: 0 })
  unreadCount: number;

  /** The last message number that the team has said it has read. */
  @Prop({ type: Number })
  readNumber?: number;

  /** Number of the customer's last message. */
  @Prop({ required: true, default: 0 })
  lastCustomerMessageNumber: number;

  /** Of the last message that is not a note; of the opening before the first. */
  @Prop({ required: true })
  lastMessageAt: Date;

  /** Beginning of the last message that is not a note. */
  @Prop({ type: String, default: '' })
  lastMessage: string;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  lastMessageId: Types.ObjectId | null;

  /** The last message number given out; notes count too. */
  @Prop({ required: true, default: 0 })
  messageCount: number;

  /** The messages that the last numbers were given to, the newest first. */
  @Prop({ type: [SchemaTypes.ObjectId], default: [] })
  takenFor: Types.ObjectId[];

  /** The shop's number of the change that has given it out. */
  @Prop({ type: Number, default: null })
  takenSeq: number | null;

  /** The shop's number of the last change. */
  @Prop({ required: true })
  seq: number;

  /** What the conversation is found by of its own: its customer. */
  @Prop({ type: [String], default: [] })
  nameWords: string[];

  /** `nameWords` and the words of the last message. */
  @Prop({ type: [String], default: [] })
  searchWords: string[];

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const ConversationSchema = SchemaFactory.createForClass(Conversation);
ConversationSchema.plugin(shopScoped);

// The inbox, newest activity first.
ConversationSchema.index({ shopId: 1, lastMessageAt: -1, _id: -1 });
// What is open, pending or closed.
ConversationSchema.index({ shopId: 1, status: 1, lastMessageAt: -1, _id: -1 });
// What came through one channel.
ConversationSchema.index({ shopId: 1, channel: 1, lastMessageAt: -1, _id: -1 });
// What somebody has to answer, or nobody.
ConversationSchema.index({ shopId: 1, assigneeId: 1, lastMessageAt: -1, _id: -1 });
// What nobody has read, and how much that is.
ConversationSchema.index({ shopId: 1, isRead: 1, lastMessageAt: -1, _id: -1 });
// What has a tag.
ConversationSchema.index({ shopId: 1, tags: 1, lastMessageAt: -1, _id: -1 });
// What a text finds.
ConversationSchema.index({ shopId: 1, searchWords: 1, lastMessageAt: -1, _id: -1 });
// One customer's.
ConversationSchema.index({ shopId: 1, customerId: 1, lastMessageAt: -1, _id: -1 });
// What has changed since a number.
ConversationSchema.index({ shopId: 1, seq: 1 });
