import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, UpdateQuery } from 'mongoose';
import { isDuplicateKey } from '../platform/database/database-errors.js';
import { FileKeeper } from '../platform/files/file-keeper.js';
import { AppError } from '../platform/http/app-error.js';
import { normaliseEmail } from '../platform/http/email-address.js';
import { User } from './user.schema.js';

export interface NewUser {
  email: string;
  /** None for who signs in with Facebook only. */
  passwordHash?: string;
  username: string;
  facebookId?: string;
  avatarUrl?: string;
}

/** What people change of themselves; an empty picture is removed. */
export interface ProfileChanges {
  username?: string;
  avatarUrl?: string;
}

/** With the file behind the picture, when it is one of ours. */
type KeptChanges = ProfileChanges & { avatarFileId?: string | null };

function usernameTaken(username: string): AppError {
  return AppError.conflict('username_taken', `"${username}" is taken: choose another username.`);
}

/** Of the last who held the sign-ins, in time. */
function heldFor(heldUntil: Date, now: Date) {
  return { signInsHeldUntil: { $eq: heldUntil, $gt: now } };
}

function updateOf({ username, avatarUrl, avatarFileId }: KeptChanges) {
  return {
    $set: {
      ...(username ? { username, usernameKey: username.toLowerCase() } : {}),
      ...(avatarUrl ? { avatarUrl } : {}),
      ...(avatarFileId ? { avatarFileId } : {}),
    },
    $unset: {
      ...(avatarUrl === '' ? { avatarUrl: '' } : {}),
      ...(avatarFileId === null ? { avatarFileId: '' } : {}),
    },
  };
}

@Injectable()
export class UsersService implements OnModuleInit {
  constructor(
    @InjectModel(User.name) private readonly users: Model<User>,
    private readonly files: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.files.addReferences(async (fileIds) => {
      const shown = { avatarFileId: { $in: fileIds, $exists: true } };
      const found = await this.users.find(shown, { avatarFileId: 1 }).lean();
      return found.flatMap(({ avatarFileId }) => avatarFileId ?? []);
    });
  }

  async create({ email, passwordHash, username, facebookId, avatarUrl }: NewUser): Promise<User> {
    try {
      const user = await this.users.create({
        email: normaliseEmail(email),
        passwordHash,
        username,
        usernameKey: username.toLowerCase(),
        ...(facebookId ? { facebookId } : {}),
        avatarUrl,
      });
      return user.toObject();
    } catch (error) {
      if (isDuplicateKey(error, 'email')) {
        throw AppError.conflict(
          'email_taken',
          'There is an account with this e-mail already: sign in instead.',
        );
      }
      throw isDuplicateKey(error, 'usernameKey') ? usernameTaken(username) : error;
    }
  }

  async findByEmail(email: string): Promise<User | null> {
    return this.users.findOne({ email: normaliseEmail(email) }).lean();
  }

  async findByFacebookId(facebookId: string): Promise<User | null> {
    return this.users.findOne({ facebookId }).lean();
  }

  /**
   * Links an account to a Facebook person; false when one of them is linked to another, or the
   * account's password was changed or the account disabled since `user` was read: what was proven of
   * it counts no more.
   */
  async linkFacebook({ _id, passwordChangedAt }: User, facebookId: string): Promise<boolean> {
    try {
      const { matchedCount } = await this.users.updateOne(
        {
          _id,
          facebookId: { $in: [null, facebookId] },
          passwordChangedAt: passwordChangedAt ?? null,
          disabledAt: { $exists: false },
        },
        { $set: { facebookId } },
      );
      return matchedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error, 'facebookId')) return false;
      throw error;
    }
  }

  /** Takes back a link of which the rest failed. */
  async unlinkFacebook({ _id }: User, facebookId: string): Promise<void> {
    await this.users.updateOne({ _id, facebookId }, { $unset: { facebookId: '' } });
  }

  async findByUsername(username: string): Promise<User | null> {
    return this.users.findOne({ usernameKey: username.toLowerCase() }).lean();
  }

  /** @throws AppError `username_taken` when somebody else has it */
  async requireUsernameFor(userId: string, username: string): Promise<void> {
    const owner = await this.findByUsername(username);
    if (owner && owner._id.toHexString() !== userId) throw usernameTaken(username);
  }

  /** Those of these people who exist, in no order. @param usernames in lower case */
  async listByUsernames(usernames: string[]): Promise<User[]> {
    return this.users.find({ usernameKey: { $in: usernames } }).lean();
  }

  /** Those of `userIds` who exist, in no order. */
  async listByIds(userIds: string[]): Promise<User[]> {
    return this.users.find({ _id: { $in: userIds } }).lean();
  }

  async get(userId: string): Promise<User> {
    const user = await this.users.findById(userId).lean();
    if (!user) throw AppError.notFound('user');
    return user;
  }

  /** Keeps the same password under another hash, unless a new one was set meanwhile. */
  async renewPasswordHash({ _id, passwordHash }: User, renewed: string): Promise<void> {
    await this.users.updateOne({ _id, passwordHash }, { $set: { passwordHash: renewed } });
  }

  /** Lets nobody sign in until then: sessions that are ended meanwhile stay all that there are. */
  async holdSignIns(userId: string, until: Date): Promise<void> {
    await this.users.updateOne({ _id: userId }, { $set: { signInsHeldUntil: until } });
  }

  /**
   * Sets a new password, with other changes or none, and lets people sign in again: all or nothing.
   * Null when another was set since `user` was read, as what was proven of the old one counts no
   * more; or when sign-ins are no longer held for it.
   * @throws AppError `username_taken`
   */
  async setPassword(
    { _id, passwordChangedAt }: User,
    passwordHash: string,
    { at, heldUntil, profile = {} }: { at: Date; heldUntil: Date; profile?: KeptChanges },
  ): Promise<User | null> {
    const { $set, $unset } = updateOf(profile);
    const password = { passwordHash, passwordChangedAt: at, signInsHeldUntil: null };
    return this.requireFreeUsername(
      profile,
      this.users
        .findOneAndUpdate(
          { _id, passwordChangedAt: passwordChangedAt ?? null, ...heldFor(heldUntil, at) },
          { $set: { ...$set, ...password }, $unset },
          { returnDocument: 'after' },
        )
        .lean(),
    );
  }

  /** @throws AppError `username_taken` */
  async updateProfile(userId: string, profile: ProfileChanges): Promise<User> {
    const kept = await this.keepPicture(userId, profile);
    return this.requireFreeUsername(profile, this.change(userId, updateOf(kept)));
  }

  /** Has a picture that is written out stored, before it is written. */
  async keepPicture(userId: string, profile: ProfileChanges): Promise<KeptChanges> {
    const { avatarUrl } = profile;
    if (!avatarUrl) return { ...profile, ...(avatarUrl === '' ? { avatarFileId: null } : {}) };
    const owner = { personId: userId };
    const { url, fileId } = await this.files.keepPicture(avatarUrl, owner, 'avatarUrl');
    return { ...profile, avatarUrl: url, avatarFileId: fileId };
  }

  /** Null when sign-ins are no longer held for it. */
  async disable(userId: string, at: Date, heldUntil: Date): Promise<User | null> {
    return this.users
      .findOneAndUpdate(
        { _id: userId, ...heldFor(heldUntil, at) },
        { $set: { disabledAt: at, signInsHeldUntil: null } },
        { returnDocument: 'after' },
      )
      .lean();
  }

  async enable(userId: string): Promise<User> {
    return this.change(userId, { $unset: { disabledAt: '' } });
  }

  async recordEmailVerified(userId: string, at: Date): Promise<void> {
    await this.users.updateOne({ _id: userId }, { $set: { emailVerifiedAt: at } });
  }

  /**
   * Whether the account still takes the sign-in: false when it was disabled, or the password that was
   * given was changed, since `user` was read, or is about to be.
   */
  async recordLogin(
    { _id, passwordChangedAt }: User,
    { at, withPassword }: { at: Date; withPassword: boolean },
  ): Promise<boolean> {
    const unchanged = withPassword ? { passwordChangedAt: passwordChangedAt ?? null } : {};
    const { matchedCount } = await this.users.updateOne(
      {
        _id,
        disabledAt: { $exists: false },
        signInsHeldUntil: { $not: { $gt: at } },
        ...unchanged,
      },
      { $set: { lastLogin: at } },
    );
    return matchedCount === 1;
  }

  private async requireFreeUsername<T>(
    { username = '' }: ProfileChanges,
    write: Promise<T>,
  ): Promise<T> {
    try {
      return await write;
    } catch (error) {
      throw isDuplicateKey(error, 'usernameKey') ? usernameTaken(username) : error;
    }
  }

  private async change(userId: string, change: UpdateQuery<User>): Promise<User> {
    const user = await this.users
      .findOneAndUpdate({ _id: userId }, change, { returnDocument: 'after' })
      .lean();
    if (!user) throw AppError.notFound('user');
    return user;
  }
}
