import { ApiPropertyOptional } from '@nestjs/swagger';
import type { Entry } from '../team.service.js';
import { InvitationResponse } from './invitation.response.js';
import { TeamPersonResponse } from './team-person.response.js';

/** The new member, or the invitation that was sent. */
export class TeamEntryResponse {
  @ApiPropertyOptional({ type: TeamPersonResponse, description: 'Who was added.' })
  member?: TeamPersonResponse;

  @ApiPropertyOptional({ type: InvitationResponse, description: 'What was sent.' })
  invitation?: InvitationResponse;

  static from(entry: Entry): TeamEntryResponse {
    return 'person' in entry
      ? { member: TeamPersonResponse.from(entry.person) }
      : { invitation: InvitationResponse.from(entry.invitation) };
  }
}
