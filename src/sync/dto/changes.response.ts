import { ApiProperty } from '@nestjs/swagger';
import type { Conversation } from '../../conversations/conversation.schema.js';
import { ConversationResponse } from '../../conversations/dto/conversation.response.js';
import { MessageResponse } from '../../conversations/dto/message.response.js';
import type { Message } from '../../conversations/message.schema.js';
import { NotificationResponse } from '../../notifications/dto/notification.response.js';
import type { Notification } from '../../notifications/notification.schema.js';
import { OrderResponse } from '../../orders/dto/order.response.js';
import type { Order } from '../../orders/order.schema.js';

export interface Changes {
  conversations: Conversation[];
  messages: Message[];
  orders: Order[];
  notifications: Notification[];
}

/** What has changed in a shop, each document once and as it is now, in the order of `seq`. */
export class ChangesResponse {
  @ApiProperty({
    description: "The shop's number before this was read: pass it as the next `since`.",
    type: 'integer',
    example: 43,
  })
  seq: number;

  @ApiProperty({
    description: 'Whether too much has changed, or `since` is not of this shop: read all anew.',
    example: false,
  })
  reset: boolean;

  @ApiProperty({ type: [ConversationResponse], description: 'Without their messages.' })
  conversations: ConversationResponse[];

  @ApiProperty({ type: [MessageResponse] })
  messages: MessageResponse[];

  @ApiProperty({ type: [OrderResponse] })
  orders: OrderResponse[];

  @ApiProperty({ type: [NotificationResponse], description: 'Your own.' })
  notifications: NotificationResponse[];

  static from(
    seq: number,
    { conversations, messages, orders, notifications }: Changes,
  ): ChangesResponse {
    return {
      seq,
      reset: false,
      conversations: conversations.map((conversation) =>
        ConversationResponse.from({ conversation, messages: [] }),
      ),
      messages: messages.map((message) => MessageResponse.from(message)),
      orders: orders.map((order) => OrderResponse.from(order)),
      notifications: notifications.map((one) => NotificationResponse.from(one)),
    };
  }

  static reset(seq: number): ChangesResponse {
    return { seq, reset: true, conversations: [], messages: [], orders: [], notifications: [] };
  }
}
