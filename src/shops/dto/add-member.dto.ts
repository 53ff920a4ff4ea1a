import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches, ValidateIf } from 'class-validator';
import { EmailInput } from '../../platform/http/email-input.decorator.js';
import type { ShopRole } from '../permissions.js';
import { RoleInput } from './role-input.decorator.js';

const isLeftOut = (value: unknown): boolean => value === undefined || value === null;

/** Somebody by e-mail address or by username. */
export class AddMemberDto {
  @ValidateIf(({ email, username }: AddMemberDto) => !isLeftOut(email) || isLeftOut(username))
  @EmailInput({
    description: 'Of somebody with an account or without; counts before `username`.',
    required: false,
    example: 'aung@example.com',
  })
  email?: string;

  @ApiPropertyOptional({
    description: 'Exact, of somebody with an account.',
    pattern: '^[A-Za-z0-9_-]{3,20}$',
    example: 'aung',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{3,20}$/, {
    message: 'username must be 3 to 20 letters, digits, _ or -',
  })
  username?: string;

  @RoleInput()
  role: ShopRole;
}
