import { Global, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { AppConfig } from '../config/app-config.js';
import { REDIS } from '../redis/redis.module.js';
import { RateLimiter } from './rate-limiter.service.js';
import { throttlerOptions } from './throttling.js';
import { TokenCipher } from './token-cipher.js';

@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({ inject: [AppConfig, REDIS], useFactory: throttlerOptions }),
  ],
  providers: [RateLimiter, TokenCipher],
  exports: [RateLimiter, TokenCipher],
})
export class SecurityModule {}
