import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentUser, SignedIn } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { DoneResponse } from '../platform/http/done.response.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { ListNotificationsQuery } from './dto/list-notifications.query.js';
import { NotificationResponse } from './dto/notification.response.js';
import { UnreadCountResponse } from './dto/unread-count.response.js';
import { NotificationsService } from './notifications.service.js';

@ApiTags('notifications')
@Controller('api/notifications')
export class NotificationsController {
  constructor(private readonly notifications: NotificationsService) {}

  @Get()
  @SignedIn()
  @ApiPage(NotificationResponse, {
    summary: 'Your notifications of all your shops, unread first',
    description: 'Within the unread, and then within the read, the newest first; kept for 90 days.',
  })
  async list(
    @CurrentUser() { userId }: Caller,
    @Query() query: ListNotificationsQuery,
  ): Promise<Page<NotificationResponse>> {
    return (await this.notifications.list(userId, query)).map(NotificationResponse.from);
  }

  @Get('unread')
  @SignedIn()
  @ApiAnswer(UnreadCountResponse, { summary: 'How many you have not read' })
  async unread(@CurrentUser() { userId }: Caller): Promise<UnreadCountResponse> {
    return { unread: await this.notifications.countUnread(userId) };
  }

  @Post('read')
  @HttpCode(200)
  @SignedIn()
  @ApiAnswer(DoneResponse, { summary: 'Mark all as read' })
  async readAll(@CurrentUser() { userId }: Caller): Promise<DoneResponse> {
    await this.notifications.markAllRead(userId);
    return DoneResponse.now;
  }

  @Post(':notificationId/read')
  @HttpCode(200)
  @SignedIn()
  @ApiAnswer(NotificationResponse, {
    summary: 'Mark one as read',
    description: 'Your other devices take it away too.',
  })
  async read(
    @CurrentUser() { userId }: Caller,
    @Param('notificationId', new ObjectIdPipe('notification')) id: string,
  ): Promise<NotificationResponse> {
    return NotificationResponse.from(await this.notifications.markRead(userId, id));
  }

  @Delete()
  @SignedIn()
  @ApiAnswer(DoneResponse, { summary: 'Delete all' })
  async removeAll(@CurrentUser() { userId }: Caller): Promise<DoneResponse> {
    await this.notifications.removeAll(userId);
    return DoneResponse.now;
  }

  @Delete(':notificationId')
  @SignedIn()
  @ApiAnswer(DoneResponse, { summary: 'Delete one' })
  async remove(
    @CurrentUser() { userId }: Caller,
    @Param('notificationId', new ObjectIdPipe('notification')) id: string,
  ): Promise<DoneResponse> {
    await this.notifications.remove(userId, id);
    return DoneResponse.now;
  }
}
