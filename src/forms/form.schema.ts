import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';

/** Kinds of question, by the names the app shows. */
export const FIELD_TYPES = [
  'Short Text',
  'Text Area',
  'Number',
  'Email',
  'Phone',
  'Date',
  'Dropdown',
  'Multiple Choice',
  'Checkbox',
  'Item Selector',
  'Payment Selector',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

@Schema({ _id: false, id: false })
export class FormField {
  /** Unique within the form; answers name their question by it. */
  @Prop({ required: true })
  id: string;

  @Prop({ type: String, enum: FIELD_TYPES, required: true })
  type: FieldType;

  @Prop({ required: true })
  label: string;

  @Prop({ default: false })
  required: boolean;

  @Prop({ default: '' })
  placeholder: string;

  /** What a Dropdown, Multiple Choice or Checkbox offers. */
  @Prop({ type: [String], default: [] })
  options: string[];

  /** Products an Item Selector offers; none: the whole catalogue. */
  @Prop({ type: [String], default: [] })
  itemIds: string[];
}

@Schema({ collection: 'forms', timestamps: true })
export class Form {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  name: string;

  @Prop({ type: [SchemaFactory.createForClass(FormField)], default: [] })
  fields: FormField[];

  /** Whether customers can open it. */
  @Prop({ default: true })
  published: boolean;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const FormSchema = SchemaFactory.createForClass(Form);
FormSchema.plugin(shopScoped);

// A shop's forms in order of creation; one form by its id.
FormSchema.index({ shopId: 1, _id: 1 });
