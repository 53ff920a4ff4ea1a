import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { CustomerTokens } from '../auth/customer-tokens.service.js';
import type { PublicConversationResponse } from './dto/public-conversation.response.js';
import type { StartedConversationResponse } from './dto/started-conversation.response.js';

export interface OpenedChat {
  shopId: string;
  conversation: PublicConversationResponse;
}

/** Hands the chat's token over with it; made from the chat, it is the same at every replay. */
@Injectable()
export class ChatTokenInterceptor implements NestInterceptor {
  constructor(private readonly tokens: CustomerTokens) {}

  intercept(
    _: ExecutionContext,
    next: CallHandler<OpenedChat>,
  ): Observable<StartedConversationResponse> {
    return next.handle().pipe(map((opened) => this.withToken(opened)));
  }

  private withToken({ shopId, conversation }: OpenedChat): StartedConversationResponse {
    const { id: subjectId, createdAt } = conversation;
    const subject = { kind: 'conversation', shopId, subjectId } as const;
    return { conversation, token: this.tokens.sign(subject, new Date(createdAt)) };
  }
}

/**
 * Adds the customer's token to the chat that is answered. Stands below `@Idempotent()`, so that what
 * is remembered under a key holds no token.
 */
export function HandsOverChatToken(): MethodDecorator {
  return applyDecorators(UseInterceptors(ChatTokenInterceptor));
}
