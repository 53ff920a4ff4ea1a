import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { AppError } from '../../platform/http/app-error.js';
import type { User } from '../../users/user.schema.js';
import { UsersService } from '../../users/users.service.js';
import { AuthService, type SignIn } from '../auth.service.js';
import { FacebookLinksService } from './facebook-links.service.js';
import type { FacebookPerson } from './facebook-person.js';
import type { SignInFailure } from './popup-page.js';
import type { Device } from '../sessions.service.js';
import type { SignInState } from './sign-in-state.schema.js';
import { usernameFrom } from './username.js';

/** A request that comes back from the dialog, and what is known of it by then. */
export interface FacebookReturn extends Request {
  /** Null when its state is not of this browser, now. */
  started?: SignInState | null;
  /** Where passport puts who it is; nobody when the dialog or the provider failed. */
  user?: FacebookPerson;
}

interface Failure {
  ok: false;
  code: SignInFailure;
  handle?: string;
}

/** How a visit to the dialog ended, and where in the app it began. */
export type SignInOutcome = { redirect?: string } & ({ ok: true; signIn: SignIn } | Failure);

const USERNAME_TRIES = 5;

@Injectable()
export class FacebookSignInService {
  constructor(
    private readonly links: FacebookLinksService,
    private readonly users: UsersService,
    private readonly auth: AuthService,
  ) {}

  async finish(
    { query, started, user: person }: FacebookReturn,
    device: Device,
  ): Promise<SignInOutcome> {
    if (!started) return failed('invalid_state');
    const { redirect } = started;
    if (!person) {
      const code = query['error'] === 'access_denied' ? 'refused' : 'provider_failed';
      return { ...failed(code), redirect };
    }
    const account = await this.accountOf(person);
    if ('code' in account) return { ...account, redirect };
    const signIn = await this.auth.signIn(account, device, { withPassword: false });
    return { ok: true, signIn, redirect };
  }

  /** The person's account, made at the first sign-in; never one that merely has the same e-mail. */
  private async accountOf(person: FacebookPerson): Promise<User | Failure> {
    const known = await this.knownAccountOf(person);
    if (known) return known;
    if (!person.email) return failed('email_missing');
    try {
      return await this.create(person, person.email);
    } catch (error) {
      // Another tab, or a registration, was first.
      const lost = error instanceof AppError && error.code === 'email_taken';
      if (!lost && !isDuplicateKey(error, 'facebookId')) throw error;
      return (await this.knownAccountOf(person)) ?? failed('provider_failed');
    }
  }

  private async knownAccountOf({ id, email }: FacebookPerson): Promise<User | Failure | null> {
    const linked = await this.users.findByFacebookId(id);
    const account = linked ?? (email ? await this.users.findByEmail(email) : null);
    if (!account) return null;
    if (account.disabledAt) return failed('account_disabled');
    // By e-mail as well: another tab may have made the account between the two look-ups.
    if (account.facebookId === id) return account;
    if (account.facebookId) return failed('already_linked');
    const handle = await this.links.offer(account._id.toHexString(), id, new Date());
    return { ...failed('link_required'), handle };
  }

  private async create(
    { id, name, photoUrl }: FacebookPerson,
    email: string,
    attempt = 1,
  ): Promise<User> {
    const username = usernameFrom(name, attempt === 1 ? '' : randomBytes(3).toString('hex'));
    try {
      return await this.users.create({ email, username, facebookId: id, avatarUrl: photoUrl });
    } catch (error) {
      const taken = error instanceof AppError && error.code === 'username_taken';
      if (!taken || attempt === USERNAME_TRIES) throw error;
      return this.create({ id, name, photoUrl }, email, attempt + 1);
    }
  }
}

function failed(code: SignInFailure): Failure {
  return { ok: false, code };
}
