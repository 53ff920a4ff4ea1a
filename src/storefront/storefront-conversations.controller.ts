import { Body, Controller, Get, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import type { CustomerSubject } from '../auth/customer-tokens.service.js';
import { ListMessagesQuery } from '../conversations/dto/list-messages.query.js';
import { PublicMessageResponse } from '../conversations/dto/public-message.response.js';
import { MessagesService } from '../conversations/messages.service.js';
import { FreshLinks } from '../media/fresh-links.interceptor.js';
import { Public } from '../platform/http/access.decorators.js';
import { ApiAnswer, ApiPage } from '../platform/http/api-docs.decorators.js';
import { AcceptsPictures } from '../platform/http/json-body.js';
import type { Page } from '../platform/http/page.js';
import { Idempotent } from '../platform/idempotency/idempotent.decorator.js';
import { OperationId } from '../platform/idempotency/operation-id.decorator.js';
import { HandsOverChatToken, type OpenedChat } from './chat-token.interceptor.js';
import { Customer, RequireCustomer } from './customer-access.decorators.js';
import { PublicConversationResponse } from './dto/public-conversation.response.js';
import { SendCustomerMessageDto } from './dto/send-customer-message.dto.js';
import { StartConversationDto } from './dto/start-conversation.dto.js';
import { StartedConversationResponse } from './dto/started-conversation.response.js';
import { ShopScopeGuard } from './shop-scope.guard.js';
import { StorefrontChatService } from './storefront-chat.service.js';

const MINUTE_MS = 60_000;
const STARTS_PER_MINUTE = 10;
const MESSAGES_PER_MINUTE = 60;
const READS_PER_MINUTE = 240;

const CONVERSATION_PARAM = {
  name: 'conversationId',
  description: 'Id of the conversation.',
  example: '6741c0c0a5f2d13b8c9e0030',
};

@ApiTags('storefront')
@ApiParam({ name: 'slugOrId', description: 'Address or id of the shop.', example: 'mya-coffee' })
@Controller('api/public/shops/:slugOrId/conversations')
export class StorefrontConversationsController {
  constructor(
    private readonly chat: StorefrontChatService,
    private readonly messages: MessagesService,
  ) {}

  @Post()
  @Public()
  @Throttle({ default: { limit: STARTS_PER_MINUTE, ttl: MINUTE_MS } })
  @UseGuards(ShopScopeGuard)
  @Idempotent()
  @HandsOverChatToken()
  @ApiAnswer(StartedConversationResponse, {
    status: 201,
    summary: 'Start a web chat',
    description: 'The token in the answer opens this conversation to its customer.',
  })
  async start(
    @Param('slugOrId') slugOrId: string,
    @Body() body: StartConversationDto,
    @OperationId() operationId: string | undefined,
  ): Promise<OpenedChat> {
    const thread = await this.chat.start(slugOrId, body, operationId);
    const shopId = thread.conversation.shopId.toHexString();
    return { shopId, conversation: PublicConversationResponse.from(thread) };
  }

  @Get(':conversationId/messages')
  @RequireCustomer('conversation')
  @Throttle({ default: { limit: READS_PER_MINUTE, ttl: MINUTE_MS } })
  @ApiParam(CONVERSATION_PARAM)
  @ApiPage(PublicMessageResponse, {
    summary: "The customer's own messages and the answers, newest first",
    errors: ['unauthenticated'],
  })
  async list(
    @Customer() { shopId, subjectId }: CustomerSubject,
    @Query() query: ListMessagesQuery,
  ): Promise<Page<PublicMessageResponse>> {
    const page = await this.messages.list(shopId, subjectId, query, 'customer');
    return page.map((message) => PublicMessageResponse.from(message));
  }

  @Post(':conversationId/messages')
  @RequireCustomer('conversation')
  @Throttle({ default: { limit: MESSAGES_PER_MINUTE, ttl: MINUTE_MS } })
  @AcceptsPictures()
  @Idempotent()
  @FreshLinks()
  @ApiParam(CONVERSATION_PARAM)
  @ApiAnswer(PublicMessageResponse, {
    status: 201,
    summary: 'Write to the shop',
    errors: ['unauthenticated'],
  })
  async send(
    @Customer() customer: CustomerSubject,
    @Body() body: SendCustomerMessageDto,
  ): Promise<PublicMessageResponse> {
    return PublicMessageResponse.from(await this.chat.send(customer, body));
  }
}
