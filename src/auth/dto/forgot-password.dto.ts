import { EmailInput } from '../../platform/http/email-input.decorator.js';

export class ForgotPasswordDto {
  @EmailInput()
  email: string;
}
