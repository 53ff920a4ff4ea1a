import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { UsersModule } from '../users/users.module.js';
import { ColleaguesController } from './colleagues.controller.js';
import { Invitation, InvitationSchema } from './invitation.schema.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsService } from './invitations.service.js';
import { ShopConnections } from './shop-connections.js';
import { ShopFinders } from './shop-finders.js';
import { ShopEditsService } from './shop-edits.service.js';
import { ShopSettings, ShopSettingsSchema } from './shop-settings.schema.js';
import { ShopSettingsService } from './shop-settings.service.js';
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
      { name: ShopSettings.name, schema: ShopSettingsSchema },
      { name: Invitation.name, schema: InvitationSchema },
    ]),
  ],
  controllers: [ShopsController, TeamController, InvitationsController, ColleaguesController],
  providers: [
    ShopsService,
    ShopEditsService,
    ShopConnections,
    ShopFinders,
    ShopSettingsService,
    TeamService,
    InvitationsService,
  ],
  exports: [ShopsService, ShopEditsService, ShopConnections, ShopFinders, ShopSettingsService],
})
export class ShopsModule {}
