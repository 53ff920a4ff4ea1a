import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import { AddMemberDto } from './dto/add-member.dto.js';
import { ChangeRoleDto } from './dto/change-role.dto.js';
import { TeamEntryResponse } from './dto/team-entry.response.js';
import { TeamPersonResponse } from './dto/team-person.response.js';
import { TeamResponse } from './dto/team.response.js';
import { TransferShopDto } from './dto/transfer-shop.dto.js';
import { InvitationsService } from './invitations.service.js';
import { CurrentMember, RequirePermission, ShopId } from './shop-access.decorators.js';
import type { Membership } from './shops.service.js';
import { TeamService } from './team.service.js';

@ApiTags('team')
@Controller('api/shops/:shopId')
export class TeamController {
  constructor(
    private readonly team: TeamService,
    private readonly invitations: InvitationsService,
  ) {}

  @Get('team')
  @RequirePermission('team:read')
  @ApiAnswer(TeamResponse, {
    summary: 'The team',
    description: 'With the open invitations, for those who may invite.',
  })
  async list(@CurrentMember() caller: Membership): Promise<TeamResponse> {
    return TeamResponse.from(await this.team.list(caller));
  }

  @Post('team')
  @RequirePermission('team:write')
  @ApiAnswer(TeamEntryResponse, {
    status: 201,
    summary: 'Add somebody to the team, or invite them',
    description:
      'Who has an account is added at once; an unknown e-mail address gets a link that counts for ' +
      '7 days. Admins give roles up to manager, the owner also admin. Links are limited: one in two ' +
      'minutes to an address from the same shop, 5 an hour from all shops, 50 an hour from a person.',
    errors: ['conflict', 'last_owner', 'mail_not_configured', 'provider_failed'],
  })
  async add(
    @CurrentMember() caller: Membership,
    @Body() body: AddMemberDto,
  ): Promise<TeamEntryResponse> {
    return TeamEntryResponse.from(await this.team.addOrInvite(caller, body));
  }

  @Post('team/leave')
  @HttpCode(200)
  @RequirePermission('team:leave')
  @ApiAnswer(DoneResponse, { summary: 'Leave the team', errors: ['last_owner'] })
  async leave(@CurrentMember() caller: Membership): Promise<DoneResponse> {
    await this.team.leave(caller);
    return DoneResponse.now;
  }

  @Delete('team/invitations/:invitationId')
  @RequirePermission('team:write')
  @ApiAnswer(DoneResponse, { summary: 'Withdraw an invitation' })
  async withdraw(
    @ShopId() shopId: string,
    @Param('invitationId', new ObjectIdPipe('invitation')) invitationId: string,
  ): Promise<DoneResponse> {
    await this.invitations.withdraw(shopId, invitationId);
    return DoneResponse.now;
  }

  @Put('team/:userId')
  @RequirePermission('team:write')
  @ApiAnswer(TeamPersonResponse, {
    summary: "Change a member's role",
    description: 'Admins change agents and managers, the owner also admins.',
    errors: ['last_owner'],
  })
  async setRole(
    @CurrentMember() caller: Membership,
    @Param('userId', new ObjectIdPipe('member')) userId: string,
    @Body() { role }: ChangeRoleDto,
  ): Promise<TeamPersonResponse> {
    return TeamPersonResponse.from(await this.team.setRole(caller, userId, role));
  }

  @Delete('team/:userId')
  @RequirePermission('team:write')
  @ApiAnswer(DoneResponse, {
    summary: 'Take a member out of the team',
    description: 'Admins take out agents and managers, the owner also admins.',
    errors: ['last_owner'],
  })
  async remove(
    @CurrentMember() caller: Membership,
    @Param('userId', new ObjectIdPipe('member')) userId: string,
  ): Promise<DoneResponse> {
    await this.team.remove(caller, userId);
    return DoneResponse.now;
  }

  @Post('transfer')
  @HttpCode(200)
  @RequirePermission('shop:transfer')
  @ApiAnswer(DoneResponse, {
    summary: 'Make a member the owner',
    description: 'Who owned the shop stays as admin.',
    errors: ['conflict'],
  })
  async transfer(
    @CurrentMember() caller: Membership,
    @Body() { userId }: TransferShopDto,
  ): Promise<DoneResponse> {
    await this.team.transfer(caller, userId);
    return DoneResponse.now;
  }
}
