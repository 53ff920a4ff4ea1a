import { createSecretKey } from 'node:crypto';
import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../platform/config/app-config.js';
import { UsersModule } from '../users/users.module.js';
import { AccessEndings } from './access-endings.service.js';
import { AccountToken, AccountTokenSchema } from './account-token.schema.js';
import { AccountTokensService } from './account-tokens.service.js';
import { EmailVerificationController } from './email-verification.controller.js';
import { EmailVerificationService } from './email-verification.service.js';
import { PasswordController } from './password.controller.js';
import { PasswordService } from './password.service.js';
import { ProfileController } from './profile.controller.js';
import { ProfileService } from './profile.service.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { CustomerTokens } from './customer-tokens.service.js';
import { CallerResolver } from './caller-resolver.service.js';
import { FacebookAuthController } from './facebook/facebook-auth.controller.js';
import { FacebookBrowser } from './facebook/facebook-browser.js';
import { FacebookLink, FacebookLinkSchema } from './facebook/facebook-link.schema.js';
import { FacebookLinksService } from './facebook/facebook-links.service.js';
import { FacebookSignInService } from './facebook/facebook-sign-in.service.js';
import { facebookStrategyProvider } from './facebook/facebook-strategy.provider.js';
import { Session, SessionSchema } from './session.schema.js';
import { SessionsController } from './sessions.controller.js';
import { SessionTransport } from './session-transport.js';
import { SessionsService } from './sessions.service.js';
import { SignOutService } from './sign-out.service.js';
import { SignInState, SignInStateSchema } from './facebook/sign-in-state.schema.js';
import { SignInStatesService } from './facebook/sign-in-states.service.js';
import { TokensService } from './tokens.service.js';

@Module({
  imports: [
    UsersModule,
    MongooseModule.forFeature([
      { name: Session.name, schema: SessionSchema },
      { name: SignInState.name, schema: SignInStateSchema },
      { name: AccountToken.name, schema: AccountTokenSchema },
      { name: FacebookLink.name, schema: FacebookLinkSchema },
    ]),
    JwtModule.registerAsync({
      inject: [AppConfig],
      // As a key object: of a text the library first tries to make a key pair, at every token.
      useFactory: ({ jwtSecret }: AppConfig) => ({ secret: createSecretKey(jwtSecret, 'utf8') }),
    }),
  ],
  controllers: [
    AuthController,
    SessionsController,
    PasswordController,
    EmailVerificationController,
    ProfileController,
    FacebookAuthController,
  ],
  providers: [
    SessionTransport,
    SignOutService,
    CallerResolver,
    AuthService,
    SessionsService,
    TokensService,
    CustomerTokens,
    AccessEndings,
    AccountTokensService,
    PasswordService,
    EmailVerificationService,
    ProfileService,
    SignInStatesService,
    facebookStrategyProvider,
    FacebookLinksService,
    FacebookSignInService,
    FacebookBrowser,
  ],
  exports: [SessionsService, CallerResolver, TokensService, CustomerTokens],
})
export class AuthModule {}
