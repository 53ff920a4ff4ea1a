import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { UsersModule } from '../users/users.module.js';
import { ColleaguesController } from './colleagues.controller.js';
import { Invitation, InvitationSchema } from './invitation.schema.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsService } from './invitations.service.js';
import { Shop, ShopSchema } from './shop.schema.js';
import { ShopsController } from './shops.controller.js';
import { ShopsService } from './shops.service.js';
import { TeamController } from './team.controller.js';
import { TeamService } from './team.service.js';

@Module({
  imports: [
    UsersModule,
    MongooseModule.forFeature([
      { name: Shop.name, schema: ShopSchema },
      { name: Invitation.name, schema: InvitationSchema },
    ]),
  ],
  controllers: [ShopsController, TeamController, InvitationsController, ColleaguesController],
  providers: [ShopsService, TeamService, InvitationsService],
  exports: [ShopsService],
})
export class ShopsModule {}
