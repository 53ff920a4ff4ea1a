import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { AcceptInvitationDto } from './dto/accept-invitation.dto.js';
import { ShopResponse } from './dto/shop.response.js';
import { TeamService } from './team.service.js';

@ApiTags('team')
@Controller('api/invitations')
export class InvitationsController {
  constructor(private readonly team: TeamService) {}

  @Post('accept')
  @HttpCode(200)
  @SignedIn()
  @ApiAnswer(ShopResponse, {
    summary: 'Join the shop of an invitation',
    description: 'Signed in with the address that the invitation was sent to.',
    errors: ['invalid_token', 'forbidden', 'conflict'],
  })
  async accept(
    @CurrentUser() { userId }: Caller,
    @Body() { token }: AcceptInvitationDto,
  ): Promise<ShopResponse> {
    return ShopResponse.from(await this.team.accept(userId, token));
  }
}
