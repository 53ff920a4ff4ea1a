import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import type { User } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import { AccessEndings } from './access-endings.service.js';
import type { UpdateProfileDto } from './dto/update-profile.dto.js';
import { requireGoodPassword } from './password-rules.js';
import { PasswordService, requireOwnPassword } from './password.service.js';
import { SessionsService } from './sessions.service.js';

/** How long after the password was given a new one may be set without it. */
const REAUTHENTICATION_MS = 10 * 60 * 1000;

@Injectable()
export class ProfileService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordService,
    private readonly endings: AccessEndings,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError 404 for an unknown username; a disabled one is known to administrators */
  async getByUsername({ userId }: Caller, username: string): Promise<User> {
    const user = await this.users.findByUsername(username);
    if (!user || (user.disabledAt && !(await this.isAdministrator(userId)))) {
      throw AppError.notFound('user');
    }
    return user;
  }

  /** Changes oneself, all or nothing. */
  async update(caller: Caller, userId: string, changes: UpdateProfileDto): Promise<User> {
    if (userId !== caller.userId) throw AppError.notFound('user');
    const user = await this.users.get(userId);
    const password = await this.requireNewPassword(caller, user, changes);
    const profile = { username: changes.username, avatarUrl: changes.avatarUrl };
    // Before any session is ended for a change that cannot be made.
    if (profile.username) await this.users.requireUsernameFor(userId, profile.username);
    if (password === undefined) return this.users.updateProfile(userId, profile);
    return this.passwords.set(caller, user, { password, profile });
  }

  /** Whether a user may sign in; only an administrator of the platform decides that. */
  async setDisabled(caller: Caller, userId: string, disabled: boolean): Promise<User> {
    if (!(await this.isAdministrator(caller.userId))) throw AppError.notFound('user');
    if (userId === caller.userId) {
      throw AppError.conflict(
        'conflict',
        'You cannot disable yourself: ask another administrator.',
      );
    }
    if (!disabled) return this.users.enable(userId);
    await this.users.get(userId);
    const heldUntil = await this.endings.begin(userId);
    const user = await this.users.disable(userId, new Date(), heldUntil);
    if (user) return user;
    throw AppError.conflict('conflict', 'The account was changed at this moment: try again.');
  }

  /** By role, or by an address of `ADMIN_EMAILS` that is proven. */
  private async isAdministrator(userId: string): Promise<boolean> {
    const { role, email, emailVerifiedAt } = await this.users.get(userId);
    if (role === 'admin') return true;
    return emailVerifiedAt !== undefined && this.config.adminEmails.includes(email);
  }

  /** The new password that is asked for, once it is good and the caller has the right to set it. */
  private async requireNewPassword(
    caller: Caller,
    user: User,
    { passwordHash, password, currentPassword, username }: UpdateProfileDto,
  ): Promise<string | undefined> {
    const owner = { email: user.email, username: username ?? user.username };
    if (password) {
      await this.passwords.requireCurrent(user, currentPassword ?? '');
      await requireGoodPassword(password, owner);
      return password;
    }
    if (!passwordHash) return undefined;
    requireOwnPassword(user);
    await this.requireRecentPassword(caller);
    await requireGoodPassword(passwordHash, owner, 'passwordHash');
    return passwordHash;
  }

  private async requireRecentPassword({ sessionId }: Caller): Promise<void> {
    const now = new Date();
    const session = await this.sessions.findLive(sessionId, now);
    const since = now.getTime() - (session?.passwordAt?.getTime() ?? 0);
    if (since <= REAUTHENTICATION_MS) return;
    throw new AppError(
      'reauthentication_required',
      'Sign in with your password again, then set the new one within 10 minutes.',
    );
  }
}
