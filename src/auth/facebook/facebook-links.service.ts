import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { AppError } from '../../platform/http/app-error.js';
import type { User } from '../../users/user.schema.js';
import { UsersService } from '../../users/users.service.js';
import { AuthService, type SignIn } from '../auth.service.js';
import type { LinkFacebookDto } from './dto/link-facebook.dto.js';
import { FacebookLink } from './facebook-link.schema.js';
import { hashOneTimeSecret, makeOneTimeSecret } from '../../platform/security/one-time-secret.js';
import { verifyPassword } from '../password.js';
import type { Device } from '../sessions.service.js';

const HANDLE_MINUTES = 10;
const MINUTE_MS = 60_000;
const MAX_TRIES = 5;

/** Links a Facebook person to the account with the same e-mail, for its password. */
@Injectable()
export class FacebookLinksService {
  constructor(
    @InjectModel(FacebookLink.name) private readonly links: Model<FacebookLink>,
    private readonly users: UsersService,
    private readonly auth: AuthService,
  ) {}

  /** The handle with which the app may ask for the link. */
  async offer(userId: string, facebookId: string, now: Date): Promise<string> {
    const handle = makeOneTimeSecret();
    await this.links.create({
      handleHash: hashOneTimeSecret(handle),
      facebookId,
      userId: new Types.ObjectId(userId),
      expiresAt: new Date(now.getTime() + HANDLE_MINUTES * MINUTE_MS),
    });
    return handle;
  }

  /** @throws AppError `invalid_token`, `invalid_credentials`, or `conflict` when linked otherwise */
  async link({ handle, password }: LinkFacebookDto, device: Device): Promise<SignIn> {
    const link = await this.takeTry(handle, new Date());
    const userId = link.userId.toHexString();
    const user = await this.users.get(userId);
    await this.requirePassword(user, password);
    // Whoever removes it has won: the same handle twice at once links and signs in once.
    if (!(await this.links.findOneAndDelete({ _id: link._id }).lean())) throw usedUp();
    if (!(await this.users.linkFacebook(user, link.facebookId))) {
      throw AppError.conflict(
        'conflict',
        'This account was changed at this moment, or one of the two is linked to another: sign in with your password.',
      );
    }
    try {
      return await this.auth.signIn(user, device, { withPassword: true });
    } catch (error) {
      // Whoever is refused has linked nothing: the password may have been changed because of them.
      if (!user.facebookId) await this.users.unlinkFacebook(user, link.facebookId);
      throw error;
    }
  }

  /** Counts the try before the password is looked at, so that tries at once are bounded too. */
  private async takeTry(handle: string, now: Date): Promise<FacebookLink> {
    const link = await this.links
      .findOneAndUpdate(
        {
          handleHash: hashOneTimeSecret(handle),
          expiresAt: { $gt: now },
          tries: { $lt: MAX_TRIES },
        },
        { $inc: { tries: 1 } },
      )
      .lean();
    if (!link) throw usedUp();
    return link;
  }

  private async requirePassword(user: User, password: string): Promise<void> {
    const matches = await verifyPassword(user.passwordHash, password);
    if (matches && !user.disabledAt) return;
    throw new AppError(
      'invalid_credentials',
      'The password is wrong: give that of the account with the same e-mail.',
    );
  }
}

function usedUp(): AppError {
  return new AppError(
    'invalid_token',
    'This handle was used, tried too often, or is too old: sign in with Facebook again.',
  );
}
