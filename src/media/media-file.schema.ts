import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { FILE_TYPES, type FileType } from './file-kinds.js';
import { VISIBILITIES, type Visibility } from './media-paths.js';

/** `storing` is named before anything is stored; `removing` is given to nobody any more. */
export const FILE_STATES = ['storing', 'stored', 'removing'] as const;
export type FileState = (typeof FILE_STATES)[number];

/** A stored file. Nothing is in the storage that one of these does not name. */
@Schema({ collection: 'media_files', timestamps: { createdAt: true, updatedAt: false } })
export class MediaFile {
  /** Null for what is a person's own. */
  @Prop({ type: SchemaTypes.ObjectId, default: null })
  shopId: Types.ObjectId | null;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  personId: Types.ObjectId | null;

  /** The order or conversation whose customer has sent it, such as `order:<id>`. */
  @Prop({ type: String, default: null })
  subject: string | null;

  @Prop({ type: String, enum: VISIBILITIES, required: true })
  visibility: Visibility;

  @Prop({ type: String, enum: FILE_STATES, required: true })
  state: FileState;

  /** By which the same content of the same owner is known again; none once it is being removed. */
  @Prop({ type: String })
  sameAs?: string;

  @Prop({ type: String, enum: Object.keys(FILE_TYPES), required: true })
  type: FileType;

  /** Of what is served, in hex. */
  @Prop({ required: true })
  digest: string;

  /** Longest sides of its WebP variants. */
  @Prop({ type: [Number], default: [] })
  variants: number[];

  /** Bytes of all that is stored of it. */
  @Prop({ required: true })
  storedBytes: number;

  /** Bytes of the file itself. */
  @Prop({ required: true })
  size: number;

  @Prop({ type: Number, default: null })
  width: number | null;

  @Prop({ type: Number, default: null })
  height: number | null;

  /** As its sender has named it. */
  @Prop({ default: '' })
  name: string;

  /** Counts who has wanted it: a removal that was decided before the last of them is none. */
  @Prop({ required: true, default: 0 })
  claims: number;

  /** When it is looked at whether anything names it still. */
  @Prop({ required: true })
  checkAt: Date;

  /** When nothing named it at the last look. */
  @Prop({ type: Date })
  unnamedAt?: Date;

  _id: Types.ObjectId;
  createdAt: Date;
}

export const MediaFileSchema = SchemaFactory.createForClass(MediaFile);
MediaFileSchema.plugin(shopScoped);

// The same content of an owner, once.
MediaFileSchema.index(
  { shopId: 1, personId: 1, sameAs: 1 },
  { unique: true, partialFilterExpression: { sameAs: { $exists: true } } },
);
// What a shop has stored in bytes, counted anew without reading its files.
MediaFileSchema.index({ shopId: 1, storedBytes: 1 });
// How many files a customer has sent to their order or conversation.
MediaFileSchema.index({ shopId: 1, subject: 1 });
// What is to be looked at, in all shops.
MediaFileSchema.index({ checkAt: 1 });
