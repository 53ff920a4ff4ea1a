import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { AppError, ERRORS } from '../platform/http/app-error.js';
import { AccountToken, type AccountTokenPurpose } from './account-token.schema.js';
import { hashOneTimeSecret, makeOneTimeSecret } from '../platform/security/one-time-secret.js';

const MINUTE_MS = 60_000;
const LIFETIME_MS: Record<AccountTokenPurpose, number> = {
  password_reset: 30 * MINUTE_MS,
  email_verification: 24 * 60 * MINUTE_MS,
};

/** Tokens of links that prove who reads an e-mail address: single use, stored as hashes. */
@Injectable()
export class AccountTokensService {
  constructor(@InjectModel(AccountToken.name) private readonly tokens: Model<AccountToken>) {}

  /** A new token; one of the same purpose that was sent before counts no more. */
  async issue(userId: string, purpose: AccountTokenPurpose, now: Date): Promise<string> {
    const token = makeOneTimeSecret();
    const expiresAt = new Date(now.getTime() + LIFETIME_MS[purpose]);
    await this.tokens.updateOne(
      { userId, purpose },
      { $set: { tokenHash: hashOneTimeSecret(token), expiresAt } },
      { upsert: true },
    );
    return token;
  }

  /**
   * Uses a token up and answers whose it was.
   * @throws AppError `invalid_token` when it is unknown, used, replaced or expired
   */
  async consume(token: string, purpose: AccountTokenPurpose, now: Date): Promise<string> {
    const used = await this.tokens.findOneAndDelete(usable(token, purpose, now)).lean();
    if (!used) throw invalidToken();
    return used.userId.toHexString();
  }

  /**
   * Whose token it is, which stays good.
   * @throws AppError `invalid_token`
   */
  async requireOwner(token: string, purpose: AccountTokenPurpose, now: Date): Promise<string> {
    const found = await this.tokens.findOne(usable(token, purpose, now)).lean();
    if (!found) throw invalidToken();
    return found.userId.toHexString();
  }

  /** Ends what was sent: after a new password no older link may set another. */
  async withdraw(userId: string, purpose: AccountTokenPurpose): Promise<void> {
    await this.tokens.deleteOne({ userId, purpose });
  }
}

export function invalidToken(): AppError {
  return new AppError('invalid_token', ERRORS.invalid_token.example);
}

function usable(token: string, purpose: AccountTokenPurpose, now: Date) {
  return { tokenHash: hashOneTimeSecret(token), purpose, expiresAt: { $gt: now } };
}
