import { ApiProperty } from '@nestjs/swagger';
import type { Notification } from '../notification.schema.js';
import {
  KINDS,
  NOTIFICATION_KINDS,
  NOTIFICATION_TYPES,
  type NotificationKind,
  type NotificationType,
} from '../told.js';

/** What somebody is told. */
export class NotificationResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0050' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ description: "The shop's number of its last change.", example: 44 })
  seq: number;

  @ApiProperty({ enum: NOTIFICATION_KINDS, example: 'new_order' })
  kind: NotificationKind;

  @ApiProperty({ enum: NOTIFICATION_TYPES, example: 'success' })
  type: NotificationType;

  @ApiProperty({ example: 'New order MCXX-0042' })
  title: string;

  @ApiProperty({ example: 'Aung Aung: 39.98 USD' })
  message: string;

  @ApiProperty({ description: 'How often since it was last read.', type: 'integer', example: 1 })
  count: number;

  @ApiProperty({
    description: 'Where it leads, in the app.',
    example: '/shops/6741c0c0a5f2d13b8c9e0002/orders/6741c0c0a5f2d13b8c9e0005',
  })
  actionUrl: string;

  @ApiProperty({ type: String, nullable: true, example: '6741c0c0a5f2d13b8c9e0005' })
  orderId: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  conversationId: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  productId: string | null;

  @ApiProperty({ example: false })
  isRead: boolean;

  @ApiProperty({
    description: 'When it was told last.',
    format: 'date-time',
    example: '2026-11-23T09:00:00.000Z',
  })
  createdAt: string;

  static from(notification: Notification): NotificationResponse {
    const { about } = notification;
    return {
      id: notification._id.toHexString(),
      shopId: notification.shopId.toHexString(),
      seq: notification.seq,
      kind: notification.kind,
      type: KINDS[notification.kind].type,
      title: notification.title,
      message: notification.message,
      count: notification.count,
      actionUrl: actionUrl(notification),
      orderId: about.orderId ?? null,
      conversationId: about.conversationId ?? null,
      productId: about.productId ?? null,
      isRead: notification.isRead,
      createdAt: notification.at.toISOString(),
    };
  }
}

function actionUrl({ shopId, about, kind }: Notification): string {
  const shop = `/shops/${shopId.toHexString()}`;
  if (about.conversationId) return `${shop}/conversations/${about.conversationId}`;
  if (about.orderId) return `${shop}/orders/${about.orderId}`;
  if (about.productId) return `${shop}/products/${about.productId}`;
  return kind === 'integration_failed' ? `${shop}/integrations` : shop;
}
