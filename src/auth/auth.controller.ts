import { Body, Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { type Caller, CurrentUser, Public, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { LimitAccountTries } from '../platform/security/account-tries.decorator.js';
import { UserResponse } from '../users/dto/user.response.js';
import { UsersService } from '../users/users.service.js';
import { AuthService } from './auth.service.js';
import { deviceOf } from './device.js';
import { LoginDto } from './dto/login.dto.js';
import { RefreshDto } from './dto/refresh.dto.js';
import { RegisterDto } from './dto/register.dto.js';
import { SignInResponse } from './dto/sign-in.response.js';
import { SameSiteGuard } from './same-site.guard.js';
import { SessionTransport } from './session-transport.js';
import { SignOutService } from './sign-out.service.js';

/** An office may hire; each of them costs a hash and an e-mail to whoever was named. */
const REGISTRATIONS_PER_HOUR = 20;
const HOUR_MS = 60 * 60 * 1000;

const TokenTransport = () =>
  ApiHeader({
    name: 'X-Token-Transport',
    required: false,
    description: '`body` for clients without cookies: the refresh token travels in the body.',
    schema: { type: 'string', enum: ['body'], example: 'body' },
  });

@ApiTags('auth')
@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly users: UsersService,
    private readonly signOuts: SignOutService,
    private readonly transport: SessionTransport,
  ) {}

  @Post('register')
  @Public()
  @LimitAccountTries('all')
  @Throttle({ default: { limit: REGISTRATIONS_PER_HOUR, ttl: HOUR_MS } })
  @TokenTransport()
  @ApiAnswer(SignInResponse, {
    status: 201,
    summary: 'Create an account and sign in',
    errors: ['email_taken', 'username_taken'],
  })
  async register(
    @Body() body: RegisterDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignInResponse> {
    const signIn = await this.auth.register(body, deviceOf(request));
    return this.transport.hand(signIn, request, response);
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @LimitAccountTries()
  @TokenTransport()
  @ApiAnswer(SignInResponse, { summary: 'Sign in', errors: ['invalid_credentials'] })
  async login(
    @Body() body: LoginDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignInResponse> {
    const signIn = await this.auth.login(body, deviceOf(request));
    return this.transport.hand(signIn, request, response);
  }

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @UseGuards(SameSiteGuard)
  @TokenTransport()
  @ApiAnswer(SignInResponse, {
    summary: 'Exchange the refresh token for new tokens',
    description: 'A refresh token serves once; a used one that comes back ends its session.',
    errors: ['unauthenticated', 'cross_site'],
  })
  async refresh(
    @Body() { refreshToken }: RefreshDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignInResponse> {
    const given = this.transport.refreshToken(request, refreshToken);
    return this.transport.hand(await this.auth.refresh(given), request, response);
  }

  @Post('logout')
  @HttpCode(200)
  @Public()
  @ApiAnswer(DoneResponse, {
    summary: 'Sign out',
    description:
      'Ends every session that the Bearer token and the cookies are of, also by tokens that have ' +
      'expired, and clears the cookies; answers the same when there is nothing to end.',
    errors: ['cross_site'],
  })
  async logout(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DoneResponse> {
    await this.signOuts.signOut(request, response);
    return DoneResponse.now;
  }

  @Post('ensure-profile')
  @HttpCode(200)
  @SignedIn()
  @ApiAnswer(UserResponse, {
    summary: 'Who is signed in, with the cookies of the session',
    description: 'For an app that signed in across origins, where the sign-in could set none.',
  })
  async ensureProfile(
    @CurrentUser() caller: Caller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserResponse> {
    return this.transport.hand(await this.auth.tokensOf(caller), request, response).user;
  }

  @Get('me')
  @SignedIn()
  @ApiAnswer(UserResponse, { summary: 'Who is signed in' })
  async me(@CurrentUser() { userId }: Caller): Promise<UserResponse> {
    return UserResponse.from(await this.users.get(userId));
  }
}
