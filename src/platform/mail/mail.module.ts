import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { Mailer } from './mailer.js';

@Global()
@Module({
  providers: [{ provide: Mailer, inject: [AppConfig], useFactory: Mailer.for }],
  exports: [Mailer],
})
export class MailModule {}
