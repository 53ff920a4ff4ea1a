import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, Public, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { LimitAccountTries } from '../platform/security/account-tries.decorator.js';
import { OneTimeTokenDto } from './dto/one-time-token.dto.js';
import { EmailVerificationService } from './email-verification.service.js';

@ApiTags('auth')
@Controller('api/auth/email/verify')
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerificationService) {}

  @Post('request')
  @HttpCode(200)
  @SignedIn()
  @LimitAccountTries('all')
  @ApiAnswer(DoneResponse, {
    summary: 'Ask for a link that confirms the e-mail address',
    errors: ['mail_not_configured'],
  })
  async request(@CurrentUser() { userId }: Caller): Promise<DoneResponse> {
    await this.verification.request(userId);
    return DoneResponse.now;
  }

  @Post()
  @HttpCode(200)
  @Public()
  @ApiAnswer(DoneResponse, {
    summary: 'Confirm the e-mail address with the token of the link',
    errors: ['invalid_token'],
  })
  async verify(@Body() { token }: OneTimeTokenDto): Promise<DoneResponse> {
    await this.verification.verify(token);
    return DoneResponse.now;
  }
}
