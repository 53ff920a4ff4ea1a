import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { type Mail, Mailer } from '../platform/mail/mailer.js';
import type { User } from '../users/user.schema.js';
import { type ProfileChanges, UsersService } from '../users/users.service.js';
import { AccessEndings } from './access-endings.service.js';
import { AccountTokensService, invalidToken } from './account-tokens.service.js';
import { requireGoodPassword } from './password-rules.js';
import { hashPassword, verifyPassword } from './password.js';

@Injectable()
export class PasswordService {
  constructor(
    private readonly users: UsersService,
    private readonly endings: AccessEndings,
    private readonly tokens: AccountTokensService,
    private readonly mailer: Mailer,
    private readonly config: AppConfig,
  ) {}

  /**
   * Sends a link, if there is somebody to send it to: the answer and its time do not tell.
   * @throws AppError `mail_not_configured`, for every address alike
   */
  async forgot(email: string): Promise<void> {
    this.mailer.requireConfigured();
    const user = await this.users.findByEmail(email);
    if (!user || user.disabledAt) return;
    this.mailer.sendLater(this.linkFor(user));
  }

  /**
   * Sets the password of whoever got the link, and ends every session.
   * @throws AppError `invalid_token`
   */
  async reset(token: string, password: string): Promise<void> {
    const now = new Date();
    // Before it is used up: a password that is refused must not cost the link.
    const userId = await this.tokens.requireOwner(token, 'password_reset', now);
    const user = await this.users.get(userId);
    if (user.disabledAt) throw invalidToken();
    await requireGoodPassword(password, user);
    await this.tokens.consume(token, 'password_reset', now);
    const passwordHash = await hashPassword(password);
    const heldUntil = await this.endOlderAccess(userId);
    if (!(await this.users.setPassword(user, passwordHash, { at: new Date(), heldUntil }))) {
      throw invalidToken();
    }
    // Who got the link reads that address.
    if (!user.emailVerifiedAt) await this.users.recordEmailVerified(userId, new Date());
  }

  /**
   * Sets a new password for who knows the old one, and ends the other sessions.
   * @throws AppError `invalid_credentials`
   */
  async change(caller: Caller, currentPassword: string, password: string): Promise<void> {
    const user = await this.users.get(caller.userId);
    await this.requireCurrent(user, currentPassword);
    await requireGoodPassword(password, user);
    await this.set(caller, user, { password });
  }

  /** @throws AppError `invalid_credentials`, or `reauthentication_required` where there is none yet */
  async requireCurrent(user: User, currentPassword: string): Promise<void> {
    requireOwnPassword(user);
    if (await verifyPassword(user.passwordHash, currentPassword)) return;
    throw new AppError('invalid_credentials', 'The current password is wrong.');
  }

  /**
   * Sets a good password of somebody who has proven who they are, with their other changes.
   * @param user as it was read before that proof was checked
   * @throws AppError `invalid_credentials` when another was set since, or `username_taken`
   */
  async set(
    { userId, sessionId }: Caller,
    user: User,
    { password, profile = {} }: { password: string; profile?: ProfileChanges },
  ): Promise<User> {
    const passwordHash = await hashPassword(password);
    // A picture that is refused, or slow to be stored, ends no session.
    const kept = await this.users.keepPicture(userId, profile);
    const heldUntil = await this.endOlderAccess(userId, sessionId);
    const change = { at: new Date(), heldUntil, profile: kept };
    const changed = await this.users.setPassword(user, passwordHash, change);
    if (changed) return changed;
    throw new AppError(
      'invalid_credentials',
      'Another password was set at this moment: sign in with that one.',
    );
  }

  /** @returns until when nobody can sign in: the password is set by then */
  private async endOlderAccess(userId: string, exceptSessionId?: string): Promise<Date> {
    await this.tokens.withdraw(userId, 'password_reset');
    return this.endings.begin(userId, exceptSessionId);
  }

  private async linkFor({ _id, email, username }: User): Promise<Mail> {
    const token = await this.tokens.issue(_id.toHexString(), 'password_reset', new Date());
    return {
      to: email,
      subject: 'Set a new password',
      text:
        `Hello ${username},\n\nset a new password here, within 30 minutes:\n` +
        `${this.config.appOrigins[0]}/reset-password?token=${token}\n\n` +
        'If you did not ask for this, do nothing: your password stays as it is.\n',
    };
  }
}

/** @throws AppError `reauthentication_required` telling who signs in with Facebook alone how to get one */
export function requireOwnPassword({ passwordHash }: User): void {
  if (passwordHash) return;
  throw new AppError(
    'reauthentication_required',
    'Your account has no password yet: ask for a link by e-mail at "forgot password", and set one there.',
  );
}
