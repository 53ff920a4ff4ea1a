import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AppConfig } from '../platform/config/app-config.js';
import { type Caller, CurrentUser, Public, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { UserResponse } from '../users/dto/user.response.js';
import { UsersService } from '../users/users.service.js';
import { AuthService } from './auth.service.js';
import { setAccessCookie } from './cookies.js';
import { LoginDto } from './dto/login.dto.js';
import { RegisterDto } from './dto/register.dto.js';
import { SignInResponse } from './dto/sign-in.response.js';

@ApiTags('auth')
@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly users: UsersService,
    private readonly config: AppConfig,
  ) {}

  @Post('register')
  @Public()
  @ApiAnswer(SignInResponse, {
    status: 201,
    summary: 'Create an account and sign in',
    errors: ['email_taken', 'username_taken'],
  })
  async register(
    @Body() body: RegisterDto,
    @Req() { headers, ip }: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignInResponse> {
    const signIn = await this.auth.register(body, { userAgent: headers['user-agent'], ip });
    setAccessCookie(response, signIn.token, this.config.production);
    return SignInResponse.from(signIn);
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @ApiAnswer(SignInResponse, { summary: 'Sign in', errors: ['invalid_credentials'] })
  async login(
    @Body() body: LoginDto,
    @Req() { headers, ip }: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignInResponse> {
    const signIn = await this.auth.login(body, { userAgent: headers['user-agent'], ip });
    setAccessCookie(response, signIn.token, this.config.production);
    return SignInResponse.from(signIn);
  }

  @Get('me')
  @SignedIn()
  @ApiAnswer(UserResponse, { summary: 'Who is signed in' })
  async me(@CurrentUser() { userId }: Caller): Promise<UserResponse> {
    return UserResponse.from(await this.users.get(userId));
  }
}
