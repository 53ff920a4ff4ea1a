import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiList } from '../platform/http/api-docs.decorators.js';
import { PersonResponse } from '../users/dto/person.response.js';
import { TeamService } from './team.service.js';

@ApiTags('team')
@Controller('api/auth/users')
export class ColleaguesController {
  constructor(private readonly team: TeamService) {}

  @Get()
  @SignedIn()
  @ApiList(PersonResponse, {
    summary: "The people of the caller's shops",
    description: 'At most 500; somebody outside is found by exact username.',
  })
  async list(@CurrentUser() { userId }: Caller): Promise<PersonResponse[]> {
    return (await this.team.listColleagues(userId)).map((user) => PersonResponse.from(user));
  }
}
