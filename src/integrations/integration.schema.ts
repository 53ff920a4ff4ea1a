import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, Types } from 'mongoose';
import { shopScoped } from '../platform/database/shop-scoped.plugin.js';
import { type PlatformName, PLATFORMS } from './platforms/platform.js';

/** `choose_page`: several pages, and none chosen. `failed`: it must be connected again. */
export const INTEGRATION_STATES = ['connected', 'choose_page', 'failed', 'disconnected'] as const;
export type IntegrationState = (typeof INTEGRATION_STATES)[number];

/** Why a connection ended without anybody ending it. */
export const FAILURE_REASONS = ['dead', 'expired', 'damaged'] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

const UNTOLD = ['integration.failed', 'integration.expiring'] as const;

@Schema({ _id: false })
export class PageChoice {
  @Prop({ required: true })
  id: string;

  @Prop({ type: String, default: '' })
  name: string;
}

/** A connection that has ended here, and that its platform is still to be told of. */
@Schema()
export class Revocation {
  /** Sealed, as in the connection itself. */
  @Prop({ type: String })
  accessToken?: string;

  @Prop({ type: String })
  refreshToken?: string;

  @Prop({ type: String })
  pageId?: string;

  @Prop({ required: true })
  platformUserId: string;

  /** The person's permission serves what came after it. */
  @Prop({ required: true, default: false })
  keepsGrant: boolean;

  @Prop({ required: true })
  since: Date;

  _id: Types.ObjectId;
}

/** A shop's connection with one platform, or what is left of it. */
@Schema({ collection: 'integrations', timestamps: true })
export class Integration {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  shopId: Types.ObjectId;

  @Prop({ type: String, enum: PLATFORMS, required: true })
  platform: PlatformName;

  @Prop({ type: String, enum: INTEGRATION_STATES, required: true })
  state: IntegrationState;

  /** Whether messages can go through it. */
  @Prop({ required: true })
  isConnected: boolean;

  /** Of the page, account or bot, sealed. */
  @Prop({ type: String })
  accessToken?: string;

  /** What refreshes it, sealed; Facebook's token of the person. */
  @Prop({ type: String })
  refreshToken?: string;

  /** Of the key that has sealed both. */
  @Prop({ type: String })
  keyId?: string;

  /** Of the page, account or bot. */
  @Prop({ type: String })
  pageId?: string;

  @Prop({ type: String, default: '' })
  displayName: string;

  /** Who has allowed it. */
  @Prop({ type: String })
  platformUserId?: string;

  @Prop({ type: [String], default: [] })
  scopes: string[];

  /** Pages to choose from; none where there is no choice. */
  @Prop({ type: [SchemaFactory.createForClass(PageChoice)], default: [] })
  pages: PageChoice[];

  /** When the tokens end; none for those without an end. */
  @Prop({ type: Date })
  expiresAt?: Date;

  /** When the tokens came. */
  @Prop({ type: Date })
  renewedAt?: Date;

  /** From then on no refresh helps. */
  @Prop({ type: Date })
  reconnectBy?: Date;

  /** When the team was asked to connect again in time. */
  @Prop({ type: Date })
  askedAt?: Date;

  @Prop({ type: Date })
  connectedAt?: Date;

  @Prop({ type: Date })
  checkedAt?: Date;

  /** Times in a row that the platform could not be asked. */
  @Prop({ required: true, default: 0 })
  failures: number;

  @Prop({ type: String, enum: FAILURE_REASONS })
  failure?: FailureReason;

  /** What has happened to it and may not have reached those who must hear it. */
  @Prop({ type: String, enum: UNTOLD })
  untold?: (typeof UNTOLD)[number];

  /** Names the connection in the address of its webhook. */
  @Prop({ type: String })
  integrationKey?: string;

  /** SHA-256 of the secret that its webhook carries. */
  @Prop({ type: String })
  webhookSecretHash?: string;

  @Prop({ type: [SchemaFactory.createForClass(Revocation)], default: [] })
  revoking: Revocation[];

  /** When it is next looked after; while somebody does, when another may. */
  @Prop({ type: Date })
  dueAt?: Date;

  /** Grows with each change of the connection: who changes it names the one it has read. */
  @Prop({ required: true })
  revision: number;

  _id: Types.ObjectId;
  createdAt: Date;
  updatedAt: Date;
}

export const IntegrationSchema = SchemaFactory.createForClass(Integration);
IntegrationSchema.plugin(shopScoped);

// A shop's connections, one a platform.
IntegrationSchema.index({ shopId: 1, platform: 1 }, { unique: true });
// Whose a page is: of one shop at a time; and what a platform's webhook is about.
IntegrationSchema.index(
  { platform: 1, pageId: 1 },
  { unique: true, partialFilterExpression: { isConnected: true } },
);
// Whether a person's permission serves another shop.
IntegrationSchema.index({ platform: 1, platformUserId: 1 });
// The connection of a webhook's address.
IntegrationSchema.index(
  { integrationKey: 1 },
  { unique: true, partialFilterExpression: { integrationKey: { $exists: true } } },
);
// What is to be looked after.
IntegrationSchema.index({ dueAt: 1 });
// What an old key has sealed.
IntegrationSchema.index({ keyId: 1 });
