import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { Mailer } from '../platform/mail/mailer.js';
import { UsersService } from '../users/users.service.js';
import { AccountTokensService } from './account-tokens.service.js';
import { requireGoodPassword } from './password-rules.js';
import { hashPassword, verifyPassword } from './password.js';
import { SessionsService } from './sessions.service.js';

@Injectable()
export class PasswordService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
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
    const token = await this.tokens.issue(user._id.toHexString(), 'password_reset', new Date());
    this.mailer.sendLater({
      to: user.email,
      subject: 'Set a new password',
      text:
        `Hello ${user.username},\n\nset a new password here, within 30 minutes:\n` +
        `${this.config.appOrigins[0]}/reset-password?token=${token}\n\n` +
        'If you did not ask for this, do nothing: your password stays as it is.\n',
    });
  }

  /**
   * Sets the password of whoever got the link, and ends every session.
   * @throws AppError `invalid_token`
   */
  async reset(token: string, password: string): Promise<void> {
    requireGoodPassword(password, {});
    const now = new Date();
    const userId = await this.tokens.consume(token, 'password_reset', now);
    await this.users.setPasswordHash(userId, await hashPassword(password));
    await this.sessions.revokeAll(userId, now);
  }

  /**
   * Sets a new password for who knows the old one, and ends the other sessions.
   * @throws AppError `invalid_credentials`
   */
  async change(caller: Caller, currentPassword: string, password: string): Promise<void> {
    await this.requireCurrent(caller, currentPassword);
    await this.set(caller, password);
  }

  /** @throws AppError `invalid_credentials` */
  async requireCurrent({ userId }: Caller, currentPassword: string): Promise<void> {
    const { passwordHash } = await this.users.get(userId);
    if (await verifyPassword(passwordHash, currentPassword)) return;
    throw new AppError('invalid_credentials', 'The current password is wrong.');
  }

  /** Sets the password of somebody who has proven who they are. */
  async set({ userId, sessionId }: Caller, password: string, field?: string): Promise<void> {
    requireGoodPassword(password, await this.users.get(userId), field);
    await this.users.setPasswordHash(userId, await hashPassword(password));
    await this.tokens.withdraw(userId, 'password_reset');
    await this.sessions.revokeAll(userId, new Date(), sessionId);
  }
}
