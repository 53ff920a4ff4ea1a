import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { type FormField, FormFieldSchema } from './form.schema.js';

/** The questions that a form had before others took their place: those of an old order. */
@Schema({ collection: 'form_versions' })
export class FormVersion {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  formId: Types.ObjectId;

  @Prop({ required: true })
  version: number;

  @Prop({ required: true })
  name: string;

  @Prop({ type: [FormFieldSchema], default: [] })
  fields: FormField[];
}

export const FormVersionSchema = SchemaFactory.createForClass(FormVersion);
FormVersionSchema.plugin(shopScoped);

// One version of a form, kept once.
FormVersionSchema.index({ shopId: 1, formId: 1, version: 1 }, { unique: true });
