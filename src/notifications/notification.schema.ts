import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { type About, NOTIFICATION_KINDS, type NotificationKind } from './told.js';

const KEPT_SECONDS = 90 * 86_400;

/** What one person is told of one thing in a shop. */
@Schema({ collection: 'notifications' })
export class Notification {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId: Types.ObjectId;

  @Prop({ type: String, enum: NOTIFICATION_KINDS, required: true })
  kind: NotificationKind;

  /** Names the thing. */
  @Prop({ required: true })
  key: string;

  /** Of what was told last under that key. */
  @Prop({ required: true })
  version: number;

  @Prop({ required: true })
  title: string;

  @Prop({ default: '' })
  message: string;

  @Prop({ type: SchemaTypes.Mixed, default: {} })
  about: About;

  /** How often it was told since it was last read. */
  @Prop({ required: true, default: 1 })
  count: number;

  @Prop({ required: true, default: false })
  isRead: boolean;

  /** Not for who wants it by push only, nor once it was deleted: then it is only known. */
  @Prop({ required: true, default: true })
  isShown: boolean;

  /** The shop's number of its last change. */
  @Prop({ required: true })
  seq: number;

  /** When it was told last. */
  @Prop({ required: true })
  at: Date;

  /** While its devices and sockets are not told yet. */
  @Prop({ type: Date })
  untoldSince?: Date;

  /** Devices that show it: they are asked to take it away once it is read. */
  @Prop({ type: [SchemaTypes.ObjectId], default: undefined })
  shownOn?: Types.ObjectId[];

  _id: Types.ObjectId;
}

export const NotificationSchema = SchemaFactory.createForClass(Notification);
NotificationSchema.plugin(shopScoped);

// One of a person and a thing; what is told again changes it.
NotificationSchema.index({ shopId: 1, key: 1, userId: 1 }, { unique: true });
// A person's feed: unread first, then the newest.
NotificationSchema.index({ userId: 1, isShown: 1, isRead: 1, at: -1, _id: -1 });
// What has changed for a person since a number; what one telling has written.
NotificationSchema.index({ shopId: 1, userId: 1, seq: 1 });
// What a process that died has told nobody.
NotificationSchema.index({ untoldSince: 1 }, { sparse: true });
// What a device still shows.
NotificationSchema.index({ shownOn: 1, isRead: 1 }, { sparse: true });
// Old ones go by themselves.
NotificationSchema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
