import { Injectable } from '@nestjs/common';
import { AppError } from '../platform/http/app-error.js';
import type { User } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { LoginDto } from './dto/login.dto.js';
import type { RegisterDto } from './dto/register.dto.js';
import { hashPassword, verifyPassword } from './password.js';
import { type Device, SessionsService } from './sessions.service.js';
import { TokensService } from './tokens.service.js';

export interface SignIn {
  user: User;
  token: string;
}

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly tokens: TokensService,
  ) {}

  async register({ email, password, username }: RegisterDto, device: Device): Promise<SignIn> {
    const passwordHash = await hashPassword(password);
    return this.signIn(await this.users.create({ email, passwordHash, username }), device);
  }

  async login({ email, password }: LoginDto, device: Device): Promise<SignIn> {
    const user = await this.users.findByEmail(email);
    const matches = await verifyPassword(user?.passwordHash, password);
    if (!user || !matches) {
      throw new AppError('invalid_credentials', 'The e-mail or the password is wrong.');
    }
    return this.signIn(user, device);
  }

  private async signIn(user: User, device: Device): Promise<SignIn> {
    const now = new Date();
    const userId = user._id.toHexString();
    const session = await this.sessions.open(userId, device, now);
    await this.users.recordLogin(userId, now);
    const token = await this.tokens.sign({ userId, sessionId: session._id.toHexString() });
    return { user: { ...user, lastLogin: now }, token };
  }
}
