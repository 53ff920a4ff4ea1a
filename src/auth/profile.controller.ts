import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { AcceptsPictures } from '../platform/http/json-body.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import { LimitAccountTries } from '../platform/security/account-tries.decorator.js';
import { PersonResponse } from '../users/dto/person.response.js';
import { UserResponse } from '../users/dto/user.response.js';
import { DisableUserDto } from './dto/disable-user.dto.js';
import { UpdateProfileDto } from './dto/update-profile.dto.js';
import { ProfileService } from './profile.service.js';

const user = new ObjectIdPipe('user');

@ApiTags('auth')
@Controller('api/auth/users')
export class ProfileController {
  constructor(private readonly profiles: ProfileService) {}

  @Get(':username')
  @SignedIn()
  @ApiParam({ name: 'username', description: 'Exact, in any case.', example: 'mya' })
  @ApiAnswer(PersonResponse, { summary: 'Somebody by username, to invite' })
  async get(
    @CurrentUser() caller: Caller,
    @Param('username') username: string,
  ): Promise<PersonResponse> {
    return PersonResponse.from(await this.profiles.getByUsername(caller, username));
  }

  @Put(':userId')
  @SignedIn()
  @LimitAccountTries()
  @AcceptsPictures()
  @ApiAnswer(UserResponse, {
    summary: 'Change oneself: name, picture, password',
    description: 'A new password ends the other sessions.',
    errors: ['username_taken', 'invalid_credentials', 'reauthentication_required'],
  })
  async update(
    @CurrentUser() caller: Caller,
    @Param('userId', user) userId: string,
    @Body() body: UpdateProfileDto,
  ): Promise<UserResponse> {
    return UserResponse.from(await this.profiles.update(caller, userId, body));
  }

  @Put(':userId/disabled')
  @SignedIn()
  @ApiAnswer(UserResponse, {
    summary: 'Forbid or allow a user to sign in',
    description:
      'For administrators of the platform, who have proven an address of `ADMIN_EMAILS`; for ' +
      'everybody else there is no such user.',
    errors: ['conflict'],
  })
  async setDisabled(
    @CurrentUser() caller: Caller,
    @Param('userId', user) userId: string,
    @Body() { disabled }: DisableUserDto,
  ): Promise<UserResponse> {
    return UserResponse.from(await this.profiles.setDisabled(caller, userId, disabled));
  }
}
