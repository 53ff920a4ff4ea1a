import { createHash, randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { normaliseEmail } from '../platform/http/email-address.js';
import { type Mail, Mailer } from '../platform/mail/mailer.js';
import { RateLimiter } from '../platform/security/rate-limiter.service.js';
import { invitationHits } from './invitation-limits.js';
import { Invitation } from './invitation.schema.js';
import type { ShopRole } from './permissions.js';

export interface NewInvitation {
  email: string;
  role: ShopRole;
  invitedBy: string;
  shopName: string;
}

/** What an invitation holds beside its shop and its address. */
type Offer = Pick<Invitation, 'role' | 'tokenHash' | 'invitedBy' | 'createdAt' | 'expiresAt'>;

const TOKEN_BYTES = 32;
const VALID_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_OPEN = 100;

@Injectable()
export class InvitationsService {
  private readonly logger = new Logger(InvitationsService.name);

  constructor(
    @InjectModel(Invitation.name) private readonly invitations: Model<Invitation>,
    private readonly mailer: Mailer,
    private readonly limiter: RateLimiter,
    private readonly config: AppConfig,
  ) {}

  /** Whether an address has to be proven: in development without a mail server nobody could. */
  get needProof(): boolean {
    return this.mailer.isConfigured || this.config.production;
  }

  /**
   * Takes a place among the shop's open invitations, sends the link, then keeps what it opens: a mail
   * that cannot be sent changes nothing. A new invitation of the same address takes the place of the
   * one before, which counts until then.
   * @throws AppError `rate_limited`, or `conflict` when the shop has too many
   */
  async invite(
    shopId: string,
    { email, role, invitedBy, shopName }: NewInvitation,
    now: Date,
  ): Promise<Invitation> {
    const address = normaliseEmail(email);
    const giveBack = await this.limiter.take(invitationHits({ shopId, email: address, invitedBy }));
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const offer = {
      role,
      tokenHash: hashToken(token),
      invitedBy: new Types.ObjectId(invitedBy),
      createdAt: now,
      expiresAt: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    };
    try {
      await this.reserve(shopId, address, offer);
      await this.send({
        to: address,
        subject: `Join ${oneLine(shopName)} on Cliick`,
        text: this.letter(oneLine(shopName), token),
      });
    } catch (error) {
      // Only a place that was taken just now has this token.
      await this.invitations.deleteOne({ shopId, tokenHash: offer.tokenHash });
      await giveBack();
      throw error;
    }
    return this.keep(shopId, address, offer);
  }

  /** A shop's invitations that nobody has accepted yet. */
  async listOpen(shopId: string, now: Date): Promise<Invitation[]> {
    return this.invitations
      .find({ shopId, expiresAt: { $gt: now } })
      .sort({ email: 1 })
      .limit(MAX_OPEN)
      .lean();
  }

  /** The open invitation of a link's token. */
  async findByToken(token: string, now: Date): Promise<Invitation | null> {
    return this.invitations
      .findOne({ tokenHash: hashToken(token), expiresAt: { $gt: now } })
      .setOptions({ acrossShops: true })
      .lean();
  }

  /** Takes an invitation for its one use; false when somebody was faster or a new one replaced it. */
  async claim({ _id, shopId, tokenHash }: Invitation): Promise<boolean> {
    const { deletedCount } = await this.invitations.deleteOne({ _id, shopId, tokenHash });
    return deletedCount === 1;
  }

  /** Opens a claimed invitation again, unless a new one has taken its place. */
  async putBack(invitation: Invitation): Promise<void> {
    const { shopId, email, ...rest } = invitation;
    await this.invitations.updateOne({ shopId, email }, { $setOnInsert: rest }, { upsert: true });
  }

  /** @throws AppError `not_found` when there is no such open invitation of the shop */
  async withdraw(shopId: string, invitationId: string): Promise<void> {
    const { deletedCount } = await this.invitations.deleteOne({ _id: invitationId, shopId });
    if (deletedCount === 0) throw AppError.notFound('invitation');
  }

  /** Closes the invitation of somebody who has become a member without it. */
  async closeFor(shopId: string, email: string): Promise<void> {
    await this.invitations.deleteOne({ shopId, email });
  }

  /**
   * Takes a place for an address that has none. Counted after the write: of those that write at the
   * same time each sees the others, and who sees too many steps back.
   */
  private async reserve(shopId: string, email: string, offer: Offer): Promise<void> {
    const now = offer.createdAt;
    await this.invitations.deleteOne({ shopId, email, expiresAt: { $lte: now } });
    const { upsertedCount } = await this.invitations.updateOne(
      { shopId, email },
      { $setOnInsert: offer },
      { upsert: true },
    );
    if (upsertedCount === 0) return;
    const open = { shopId, expiresAt: { $gt: now } };
    if ((await this.invitations.countDocuments(open)) <= MAX_OPEN) return;
    throw AppError.conflict(
      'conflict',
      `This shop has ${MAX_OPEN} open invitations: withdraw some first.`,
    );
  }

  private async keep(shopId: string, email: string, offer: Offer): Promise<Invitation> {
    const kept = await this.invitations
      .findOneAndUpdate({ shopId, email }, { $set: offer }, { returnDocument: 'after' })
      .lean();
    if (kept) return kept;
    throw AppError.conflict(
      'conflict',
      'The invitation was accepted or withdrawn at this moment: read the team again.',
    );
  }

  private async send(mail: Mail): Promise<void> {
    try {
      await this.mailer.send(mail);
    } catch (error) {
      if (error instanceof AppError) throw error;
      // Of a mail server's refusal the numbers only: it may quote the mail, with the link in it.
      const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
      this.logger.warn({ msg: 'invitation not sent', code, responseCode });
      throw new AppError('provider_failed', 'The invitation could not be sent: try again.');
    }
  }

  private letter(shopName: string, token: string): string {
    return [
      `You are invited to the team of ${shopName} on Cliick.`,
      '',
      `Sign in or register with this e-mail address, then open this link within ${VALID_DAYS} days:`,
      `${this.config.appOrigins[0]}/invitations?token=${token}`,
      '',
      'If you do not know this shop, ignore this message.',
    ].join('\n');
  }
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** A shop's name goes into a header of the mail. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
