import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { AppError } from '../../platform/http/app-error.js';
import type { User } from '../../users/user.schema.js';
import { UsersService } from '../../users/users.service.js';
import { AuthService, type SignIn } from '../auth.service.js';
import { FacebookLinksService } from './facebook-links.service.js';
import { type FacebookPerson, readPerson } from './facebook-person.js';
import { FacebookStrategy, type SignInAttempt } from './facebook.strategy.js';
import { makeOneTimeSecret } from '../one-time-secret.js';
import type { SignInFailure } from './popup-page.js';
import type { Device } from '../sessions.service.js';
import { SignInStatesService } from './sign-in-states.service.js';
import { usernameFrom } from './username.js';

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
  private readonly logger = new Logger(FacebookSignInService.name);

  constructor(
    private readonly facebook: FacebookStrategy,
    private readonly states: SignInStatesService,
    private readonly links: FacebookLinksService,
    private readonly users: UsersService,
    private readonly auth: AuthService,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `provider_not_configured`, or `validation_failed` for another site's address */
  async start(redirect: string | undefined): Promise<{ binding: string; dialogUrl: string }> {
    this.facebook.requireConfigured();
    const own = redirect === undefined ? undefined : this.requireOwn(redirect);
    const binding = makeOneTimeSecret();
    return { binding, dialogUrl: await this.facebook.dialogUrl(binding, own) };
  }

  /** @throws AppError `provider_not_configured` */
  async finish(
    query: Record<string, unknown>,
    binding: string | undefined,
    device: Device,
  ): Promise<SignInOutcome> {
    this.facebook.requireConfigured();
    const { code, state } = query;
    const isAnswer = query['error'] === undefined && query['error_code'] === undefined;
    if (!isAnswer || typeof code !== 'string' || code === '' || typeof state !== 'string') {
      return this.refuse(query, binding);
    }
    const attempt: SignInAttempt = { query: { code, state }, binding };
    const person = await this.personOf(attempt);
    const redirect = attempt.started?.redirect;
    if ('code' in person) return { ...person, redirect };
    const account = await this.accountOf(person);
    if ('code' in account) return { ...account, redirect };
    const signIn = await this.auth.signIn(account, device, { withPassword: false });
    return { ok: true, signIn, redirect };
  }

  private requireOwn(redirect: string): string {
    const url = URL.canParse(redirect) ? new URL(redirect) : undefined;
    const isPlain = url && url.username === '' && url.password === '';
    if (isPlain && this.config.appOrigins.includes(url.origin)) return url.href;
    const message = `redirect must be an address in the app, at ${this.config.appOrigins.join(' or ')}`;
    throw AppError.validation([{ field: 'redirect', message }]);
  }

  /** The dialog came back without a code; its state is used up all the same. */
  private async refuse(
    { error, state }: Record<string, unknown>,
    binding: string | undefined,
  ): Promise<SignInOutcome> {
    const started = await this.states.consume({ flow: 'facebook', state, binding }, new Date());
    if (!started) return failed('invalid_state');
    const code = error === 'access_denied' ? 'refused' : 'provider_failed';
    return { ...failed(code), redirect: started.redirect };
  }

  private async personOf(attempt: SignInAttempt): Promise<FacebookPerson | Failure> {
    try {
      const profile = await this.facebook.person(attempt);
      if (!profile) return failed('invalid_state');
      return readPerson(profile._json) ?? failed('provider_failed');
    } catch (error) {
      // Before the state was good nobody but us can have failed.
      if (!attempt.started) throw error;
      this.logFailure(error);
      return failed('provider_failed');
    }
  }

  /** Of the provider's error the kind and numbers only: its text is not ours to repeat. */
  private logFailure(error: unknown): void {
    const { name, code, subcode, oauthError } = error as Record<string, unknown>;
    const { statusCode } = (oauthError ?? {}) as { statusCode?: unknown };
    const numbers = [code, subcode, statusCode].filter((one) => typeof one === 'number');
    this.logger.warn({ msg: 'Facebook failed a sign-in', kind: String(name), numbers });
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
