import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { type Mail, Mailer } from '../platform/mail/mailer.js';
import type { User } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import { AccountTokensService } from './account-tokens.service.js';

@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: AccountTokensService,
    private readonly mailer: Mailer,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `mail_not_configured` */
  async request(userId: string): Promise<void> {
    this.mailer.requireConfigured();
    this.send(await this.users.get(userId));
  }

  /** After a registration, which neither waits for it nor fails with it. */
  welcome(user: User): void {
    if (this.mailer.isConfigured) this.send(user);
  }

  /** @throws AppError `invalid_token` */
  async verify(token: string): Promise<void> {
    const now = new Date();
    const userId = await this.tokens.consume(token, 'email_verification', now);
    await this.users.recordEmailVerified(userId, now);
  }

  private send(user: User): void {
    this.mailer.sendLater(this.linkFor(user));
  }

  private async linkFor({ _id, email, username }: User): Promise<Mail> {
    const token = await this.tokens.issue(_id.toHexString(), 'email_verification', new Date());
    return {
      to: email,
      subject: 'Confirm your e-mail address',
      text:
        `Hello ${username},\n\nconfirm that this address is yours, within a day:\n` +
        `${this.config.appOrigins[0]}/verify-email?token=${token}\n\n` +
        'If you have no account here, do nothing: somebody mistyped their address.\n',
    };
  }
}
