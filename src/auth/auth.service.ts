import { Injectable } from '@nestjs/common';
import type { Caller } from '../platform/http/access.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import type { User } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { LoginDto } from './dto/login.dto.js';
import type { RegisterDto } from './dto/register.dto.js';
import { EmailVerificationService } from './email-verification.service.js';
import { requireGoodPassword } from './password-rules.js';
import { hashPassword, isOutdated, verifyPassword } from './password.js';
import type { Session } from './session.schema.js';
import { type Device, SessionsService } from './sessions.service.js';
import { TokensService, unauthenticated } from './tokens.service.js';

export interface SignIn {
  user: User;
  session: Session;
  accessToken: string;
  /** Undefined where only the access token is renewed. */
  refreshToken?: string;
}

const FRESH_MS = 10 * 60 * 1000;

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly tokens: TokensService,
    private readonly verification: EmailVerificationService,
  ) {}

  async register({ email, password, username }: RegisterDto, device: Device): Promise<SignIn> {
    await requireGoodPassword(password, { email, username });
    const passwordHash = await hashPassword(password);
    const user = await this.users.create({ email, passwordHash, username });
    this.verification.welcome(user);
    return this.signIn(user, device, { withPassword: true });
  }

  async login({ email, password }: LoginDto, device: Device): Promise<SignIn> {
    const user = await this.users.findByEmail(email);
    const matches = await verifyPassword(user?.passwordHash, password);
    if (!user || !matches || user.disabledAt) {
      throw new AppError('invalid_credentials', 'The e-mail or the password is wrong.');
    }
    if (user.passwordHash && isOutdated(user.passwordHash)) {
      await this.users.renewPasswordHash(user, await hashPassword(password));
    }
    return this.signIn(user, device, { withPassword: true });
  }

  /**
   * Opens a session for somebody who has proven who they are.
   * @param user as it was read before that proof was checked
   * @throws AppError `invalid_credentials` when the account has been changed since
   */
  async signIn(
    user: User,
    device: Device,
    { withPassword }: { withPassword: boolean },
  ): Promise<SignIn> {
    const now = new Date();
    const userId = user._id.toHexString();
    const { session, refreshToken } = await this.sessions.open(userId, device, {
      now,
      withPassword,
    });
    const sessionId = session._id.toHexString();
    // After the session is there: who disables the account or sets a new password ends the sessions
    // that they find, and this one may have come too late to be found.
    if (!(await this.users.recordLogin(user, { at: now, withPassword }))) {
      await this.sessions.revoke(userId, sessionId, now);
      throw new AppError(
        'invalid_credentials',
        'The account was changed at this moment: sign in again.',
      );
    }
    const accessToken = this.tokens.sign({ userId, sessionId });
    return { user: { ...user, lastLogin: now }, session, accessToken, refreshToken };
  }

  /**
   * The tokens of the caller's own session again, for the cookies that a sign-in across origins
   * could not set. A stolen access token must not become a session of 30 days: after some minutes
   * there is no refresh token in it.
   */
  async tokensOf({ userId, sessionId }: Caller): Promise<SignIn> {
    const [user, session] = await Promise.all([
      this.users.get(userId),
      this.sessions.findLive(sessionId, new Date()),
    ]);
    if (!session) throw unauthenticated();
    const isFresh = Date.now() - session.createdAt.getTime() < FRESH_MS;
    const refreshToken = isFresh ? this.sessions.currentToken(session) : undefined;
    const accessToken = this.tokens.sign({ userId, sessionId });
    return { user, session, accessToken, refreshToken };
  }

  /** The next tokens of a session, for its refresh token. */
  async refresh(refreshToken: string): Promise<SignIn> {
    const renewed = await this.sessions.rotate(refreshToken, new Date());
    const userId = renewed.session.userId.toHexString();
    const sessionId = renewed.session._id.toHexString();
    const accessToken = this.tokens.sign({ userId, sessionId });
    return { user: await this.users.get(userId), accessToken, ...renewed };
  }
}
