import { Body, Controller, Get, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, Public, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { SubscribeDto } from './dto/subscribe.dto.js';
import { UnsubscribeDto } from './dto/unsubscribe.dto.js';
import { VapidKeyResponse } from './dto/vapid-key.response.js';
import { PushDevicesService } from './push-devices.service.js';

const MAX_USER_AGENT = 300;

@ApiTags('notifications')
@Controller('api/notifications')
export class PushDevicesController {
  constructor(private readonly devices: PushDevicesService) {}

  @Get('vapid-public-key')
  @Public()
  @ApiAnswer(VapidKeyResponse, {
    summary: 'The key by which a browser subscribes to web push',
    errors: ['provider_not_configured'],
  })
  vapidPublicKey(): VapidKeyResponse {
    return { publicKey: this.devices.publicKey };
  }

  @Post('subscribe')
  @SignedIn()
  @ApiAnswer(DoneResponse, {
    status: 201,
    summary: 'Be told by web push in this browser',
    description:
      'Takes what `pushManager.subscribe` has given, as JSON. A person has at most 10 devices: the ' +
      'one that was away longest makes room. A device ends with the session that subscribed it.',
    errors: ['conflict'],
  })
  async subscribe(
    @CurrentUser() caller: Caller,
    @Body() body: SubscribeDto,
    @Headers('user-agent') userAgent = '',
  ): Promise<DoneResponse> {
    await this.devices.subscribe(caller, body, userAgent.slice(0, MAX_USER_AGENT));
    return DoneResponse.now;
  }

  @Post('unsubscribe')
  @HttpCode(200)
  @SignedIn()
  @ApiAnswer(DoneResponse, {
    summary: 'Be told no more by web push',
    description: 'With an endpoint in that browser; without one on all devices of this session.',
  })
  async unsubscribe(
    @CurrentUser() caller: Caller,
    @Body() body: UnsubscribeDto,
  ): Promise<DoneResponse> {
    await this.devices.unsubscribe(caller, body.endpoint);
    return DoneResponse.now;
  }
}
