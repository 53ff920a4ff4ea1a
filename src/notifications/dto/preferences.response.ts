import { ApiProperty } from '@nestjs/swagger';
import type { Preferences } from '../preferences.service.js';
import { KINDS, NOTIFICATION_KINDS, type NotificationKind } from '../told.js';
import { QuietHoursDto } from './update-preferences.dto.js';

class KindPreferenceResponse {
  @ApiProperty({ enum: NOTIFICATION_KINDS, example: 'new_order' })
  kind: NotificationKind;

  @ApiProperty({ example: 'New order' })
  label: string;

  @ApiProperty({ example: true })
  push: boolean;

  @ApiProperty({ example: true })
  inApp: boolean;
}

/** What somebody is told in a shop, and how. */
export class PreferencesResponse {
  @ApiProperty({ type: [KindPreferenceResponse] })
  kinds: KindPreferenceResponse[];

  @ApiProperty({ type: QuietHoursDto, nullable: true })
  quietHours: QuietHoursDto | null;

  static from({ kinds, quietHours }: Preferences): PreferencesResponse {
    return {
      kinds: NOTIFICATION_KINDS.map((kind) => {
        const { push, inApp } = kinds[kind];
        return { kind, label: KINDS[kind].label, push, inApp };
      }),
      quietHours: quietHours && {
        from: quietHours.from,
        to: quietHours.to,
        timeZone: quietHours.timeZone,
      },
    };
  }
}
