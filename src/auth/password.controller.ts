import { Body, Controller, HttpCode, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, Public, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { LimitAccountTries } from '../platform/security/account-tries.decorator.js';
import { ChangePasswordDto } from './dto/change-password.dto.js';
import { ForgotPasswordDto } from './dto/forgot-password.dto.js';
import { ResetPasswordDto } from './dto/reset-password.dto.js';
import { PasswordService } from './password.service.js';

@ApiTags('auth')
@Controller('api/auth/password')
export class PasswordController {
  constructor(private readonly passwords: PasswordService) {}

  @Post('forgot')
  @HttpCode(200)
  @Public()
  @LimitAccountTries('all')
  @ApiAnswer(DoneResponse, {
    summary: 'Ask for a link to set a new password',
    description: 'Answers the same whether there is such an account or not.',
    errors: ['mail_not_configured'],
  })
  async forgot(@Body() { email }: ForgotPasswordDto): Promise<DoneResponse> {
    await this.passwords.forgot(email);
    return DoneResponse.now;
  }

  @Post('reset')
  @HttpCode(200)
  @Public()
  @LimitAccountTries('all')
  @ApiAnswer(DoneResponse, {
    summary: 'Set a new password with the token of the link',
    description: 'The token serves once, within 30 minutes; every session of the account ends.',
    errors: ['invalid_token'],
  })
  async reset(@Body() { token, password }: ResetPasswordDto): Promise<DoneResponse> {
    await this.passwords.reset(token, password);
    return DoneResponse.now;
  }

  @Put()
  @SignedIn()
  @LimitAccountTries()
  @ApiAnswer(DoneResponse, {
    summary: 'Change the password',
    description: 'Every other session of the account ends.',
    errors: ['invalid_credentials', 'reauthentication_required'],
  })
  async change(
    @CurrentUser() caller: Caller,
    @Body() { currentPassword, password }: ChangePasswordDto,
  ): Promise<DoneResponse> {
    await this.passwords.change(caller, currentPassword, password);
    return DoneResponse.now;
  }
}
