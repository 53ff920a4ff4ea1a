import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Team } from '../team.service.js';
import { InvitationResponse } from './invitation.response.js';
import { TeamPersonResponse } from './team-person.response.js';

/** Who works in a shop, and who is invited to. */
export class TeamResponse {
  @ApiProperty({ type: [TeamPersonResponse] })
  members: TeamPersonResponse[];

  @ApiPropertyOptional({
    type: [InvitationResponse],
    description: 'The open ones; only for those who may invite.',
  })
  invitations?: InvitationResponse[];

  static from({ people, invitations }: Team): TeamResponse {
    return {
      members: people.map((person) => TeamPersonResponse.from(person)),
      invitations: invitations?.map((invitation) => InvitationResponse.from(invitation)),
    };
  }
}
