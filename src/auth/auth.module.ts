import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../platform/config/app-config.js';
import { UsersModule } from '../users/users.module.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { CustomerTokens } from './customer-tokens.service.js';
import { CallerResolver } from './caller-resolver.service.js';
import { Session, SessionSchema } from './session.schema.js';
import { SessionTransport } from './session-transport.js';
import { SessionsService } from './sessions.service.js';
import { TokensService } from './tokens.service.js';

@Module({
  imports: [
    UsersModule,
    MongooseModule.forFeature([{ name: Session.name, schema: SessionSchema }]),
    JwtModule.registerAsync({
      inject: [AppConfig],
      useFactory: ({ jwtSecret }: AppConfig) => ({ secret: jwtSecret }),
    }),
  ],
  controllers: [AuthController],
  providers: [
    SessionTransport,
    CallerResolver,
    AuthService,
    SessionsService,
    TokensService,
    CustomerTokens,
  ],
  exports: [SessionsService, CallerResolver, TokensService, CustomerTokens],
})
export class AuthModule {}
