import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/** Who wrote: the customer, the assistant, or somebody of the shop. */
export const SENDERS = ['user', 'ai', 'seller'] as const;
export type Sender = (typeof SENDERS)[number];

export const ATTACHMENT_TYPES = ['image', 'video', 'gif', 'file'] as const;
export type AttachmentType = (typeof ATTACHMENT_TYPES)[number];

@Schema({ _id: false })
export class Attachment {
  @Prop({ type: String, enum: ATTACHMENT_TYPES, required: true })
  type: AttachmentType;

  @Prop({ required: true })
  url: string;

  @Prop({ type: String })
  name?: string;

  /** The stored file behind `url`, when it is one. */
  @Prop({ type: String })
  fileId?: string;
}

@Schema({ collection: 'messages' })
export class Message {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  conversationId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  /** The shop's number of this change. */
  @Prop({ required: true })
  seq: number;

  /** 1, 2, 3 … within the conversation. */
  @Prop({ required: true })
  messageNumber: number;

  @Prop({ type: String, enum: SENDERS, required: true })
  sender: Sender;

  /** The user of the shop's team who wrote. */
  @Prop({ type: String, default: null })
  senderId: string | null;

  @Prop({ type: String, default: '' })
  text: string;

  @Prop({ required: true })
  timestamp: Date;

  @Prop({ type: SchemaFactory.createForClass(Attachment), default: null })
  attachment: Attachment | null;

  /** For the team's eyes only. */
  @Prop({ required: true, default: false })
  isNote: boolean;

  /** The sender's own name for this message: a repetition is the same message. */
  @Prop({ type: String })
  clientMessageId?: string;

  _id: Types.ObjectId;
}

export const MessageSchema = SchemaFactory.createForClass(Message);
MessageSchema.plugin(shopScoped);

// A conversation's messages, newest first; no number is given twice.
MessageSchema.index({ shopId: 1, conversationId: 1, messageNumber: -1 }, { unique: true });
// The message that a repetition names. By sender: a customer must not find a colleague's note.
MessageSchema.index(
  { shopId: 1, conversationId: 1, sender: 1, clientMessageId: 1 },
  { unique: true, partialFilterExpression: { clientMessageId: { $exists: true } } },
);
// Whether any message carries that file.
MessageSchema.index(
  { 'attachment.fileId': 1 },
  { partialFilterExpression: { 'attachment.fileId': { $exists: true } } },
);
// What was written since a number.
MessageSchema.index({ shopId: 1, seq: 1 });
