import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { CurrentMember, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import type { Membership } from '../shops/shops.service.js';
import { ConversationUpdatesService } from './conversation-updates.service.js';
import { ConversationsService } from './conversations.service.js';
import { ConversationResponse } from './dto/conversation.response.js';
import { CreateConversationDto } from './dto/create-conversation.dto.js';
import { ListConversationsQuery } from './dto/list-conversations.query.js';
import { UnreadResponse } from './dto/unread.response.js';
import { UpdateConversationDto } from './dto/update-conversation.dto.js';

@ApiTags('conversations')
@Controller('api/shops/:shopId/conversations')
export class ConversationsController {
  constructor(
    private readonly conversations: ConversationsService,
    private readonly updates: ConversationUpdatesService,
  ) {}

  @Get()
  @RequirePermission('conversations:read')
  @ApiPage(ConversationResponse, {
    summary: 'The inbox, newest activity first',
    description: 'Each conversation carries its last message only.',
  })
  async list(
    @ShopId() shopId: string,
    @Query() query: ListConversationsQuery,
  ): Promise<Page<ConversationResponse>> {
    const page = await this.conversations.list(shopId, query);
    return page.map((thread) => ConversationResponse.from(thread));
  }

  @Post()
  @RequirePermission('conversations:write')
  @ApiAnswer(ConversationResponse, { status: 201, summary: 'Open a conversation' })
  async create(
    @ShopId() shopId: string,
    @Body() body: CreateConversationDto,
  ): Promise<ConversationResponse> {
    return ConversationResponse.from(await this.conversations.create(shopId, body));
  }

  @Get('unread')
  @RequirePermission('conversations:read')
  @ApiAnswer(UnreadResponse, { summary: 'How much nobody has read yet' })
  async unread(@ShopId() shopId: string): Promise<UnreadResponse> {
    return this.updates.countUnread(shopId);
  }

  @Get(':conversationId')
  @RequirePermission('conversations:read')
  @ApiAnswer(ConversationResponse, { summary: 'One conversation with its newest 50 messages' })
  async get(
    @ShopId() shopId: string,
    @Param('conversationId', new ObjectIdPipe('conversation')) conversationId: string,
  ): Promise<ConversationResponse> {
    return ConversationResponse.from(await this.conversations.get(shopId, conversationId));
  }

  @Put(':conversationId')
  @RequirePermission('conversations:write')
  @ApiAnswer(ConversationResponse, {
    summary: 'Assign, tag, close, read a conversation',
    description: 'Takes the whole conversation or parts; its messages are not changed this way.',
  })
  async update(
    @CurrentMember() { shopId, userId: by }: Membership,
    @Param('conversationId', new ObjectIdPipe('conversation')) conversationId: string,
    @Body() body: UpdateConversationDto,
  ): Promise<ConversationResponse> {
    const changed = await this.updates.update(shopId, { conversationId, by }, body);
    return ConversationResponse.from(changed);
  }
}
