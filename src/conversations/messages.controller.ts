import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { FreshLinks } from '../media/fresh-links.interceptor.js';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { AcceptsPictures } from '../platform/http/json-body.js';
import { ObjectIdPipe } from '../platform/http/object-id.pipe.js';
import type { Page } from '../platform/http/page.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { ListMessagesQuery } from './dto/list-messages.query.js';
import { MessageResponse } from './dto/message.response.js';
import { SendMessageDto } from './dto/send-message.dto.js';
import { SentMessageResponse } from './dto/sent-message.response.js';
import { MessagesService } from './messages.service.js';

const conversation = new ObjectIdPipe('conversation');

@ApiTags('conversations')
@Controller('api/shops/:shopId/conversations/:conversationId/messages')
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Get()
  @RequirePermission('conversations:read')
  @ApiPage(MessageResponse, { summary: "A conversation's messages, newest first" })
  async list(
    @ShopId() shopId: string,
    @Param('conversationId', conversation) conversationId: string,
    @Query() query: ListMessagesQuery,
  ): Promise<Page<MessageResponse>> {
    const page = await this.messages.list(shopId, conversationId, query, 'team');
    return page.map((message) => MessageResponse.from(message));
  }

  @Post()
  @RequirePermission('conversations:write')
  @AcceptsPictures()
  @Idempotent()
  @FreshLinks()
  @ApiAnswer(SentMessageResponse, {
    status: 201,
    summary: 'Write to the customer, or a note to the team',
    description:
      'Answers the conversation with the new message last, and the message itself as `message`. ' +
      'Sender, id and time are decided here. A message whose `clientMessageId` is known is answered ' +
      'as it was stored.',
    errors: [
      'conflict',
      'conversation_moved_on',
      'idempotency_in_progress',
      'idempotency_key_reused',
    ],
  })
  async send(
    @ShopId() shopId: string,
    @MemberId() senderId: string,
    @Param('conversationId', conversation) conversationId: string,
    @Body() body: SendMessageDto,
  ): Promise<SentMessageResponse> {
    const message = { ...body, sender: 'seller', senderId } as const;
    return SentMessageResponse.from(await this.messages.send(shopId, conversationId, message));
  }
}
