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

  /** Of the shop's ways to pay, those a Payment Selector offers; none: all of them. */
  @Prop({ type: [String], default: [] })
  paymentMethodIds: string[];
}

export const FormFieldSchema = SchemaFactory.createForClass(FormField);

@Schema({ collection: 'forms', timestamps: true })
export class Form {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ required: true })
  name: string;

  @Prop({ type: [FormFieldSchema], default: [] })
  fields: FormField[];

  /** Whether customers can open it. */
  @Prop({ default: true })
  published: boolean;

  /** Put away: no customer opens it, and it waits for the orders that need it. */
  @Prop({ default: false })
  archived: boolean;

  /** Counts the changes of `fields`; what it replaced is among the form's versions. */
  @Prop({ required: true, default: 1 })
  version: number;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const FormSchema = SchemaFactory.createForClass(Form);
FormSchema.plugin(shopScoped);

// One form by its id.
FormSchema.index({ shopId: 1, _id: 1 });
// A shop's forms in order of creation.
FormSchema.index({ shopId: 1, archived: 1, _id: 1 });
// Those that customers can open, or those that they cannot.
FormSchema.index({ shopId: 1, archived: 1, published: 1, _id: 1 });
