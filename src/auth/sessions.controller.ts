import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiList } from '../platform/http/api-docs.decorators.js';
import { AppError } from '../platform/http/app-error.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import { SessionResponse } from './dto/session.response.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@Controller('api/auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @SignedIn()
  @ApiList(SessionResponse, { summary: 'The devices that are signed in, newest first' })
  async list(@CurrentUser() { userId, sessionId }: Caller): Promise<SessionResponse[]> {
    const sessions = await this.sessions.listOf(userId, new Date());
    return sessions.map((session) => SessionResponse.from(session, sessionId));
  }

  @Delete()
  @SignedIn()
  @ApiAnswer(DoneResponse, { summary: 'Sign out all other devices' })
  async revokeOthers(@CurrentUser() { userId, sessionId }: Caller): Promise<DoneResponse> {
    await this.sessions.revokeAll(userId, new Date(), sessionId);
    return DoneResponse.now;
  }

  @Delete(':sessionId')
  @SignedIn()
  @ApiAnswer(DoneResponse, { summary: 'Sign out one device' })
  async revoke(
    @CurrentUser() { userId }: Caller,
    @Param('sessionId', new ObjectIdPipe('session')) sessionId: string,
  ): Promise<DoneResponse> {
    const ended = await this.sessions.revoke(userId, sessionId, new Date());
    if (!ended) throw AppError.notFound('session');
    return DoneResponse.now;
  }
}
