import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiList } from '../platform/http/api-docs.decorators.js';
import { ColleagueResponse } from './dto/colleague.response.js';
import { TeamService } from './team.service.js';

@ApiTags('team')
@Controller('api/auth/users')
export class ColleaguesController {
  constructor(private readonly team: TeamService) {}

  @Get()
  @SignedIn()
  @ApiList(ColleagueResponse, {
    summary: "The people of the caller's shops",
    description: 'At most 500; somebody outside is found by exact username.',
  })
  async list(@CurrentUser() { userId }: Caller): Promise<ColleagueResponse[]> {
    return (await this.team.listColleagues(userId)).map((user) => ColleagueResponse.from(user));
  }
}
