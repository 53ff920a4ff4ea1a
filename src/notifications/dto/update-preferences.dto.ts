import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  ValidateNested,
} from 'class-validator';
import { TimeZoneInput } from '../../platform/http/time-zone-input.decorator.js';
import type { NotificationKind } from '../told.js';

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

export class QuietHoursDto {
  @ApiProperty({ pattern: TIME.source, example: '22:00' })
  @IsString()
  @Matches(TIME, { message: 'from must be a time such as 22:00' })
  from: string;

  @ApiProperty({
    description: 'Of the next day, if it is earlier.',
    pattern: TIME.source,
    example: '07:00',
  })
  @IsString()
  @Matches(TIME, { message: 'to must be a time such as 07:00' })
  to: string;

  @ApiProperty({ description: 'IANA time zone.', maxLength: 50, example: 'Asia/Yangon' })
  @TimeZoneInput()
  timeZone: string;
}

export class WaysDto {
  @ApiPropertyOptional({ example: false })
  @IsOptional()
  @IsBoolean()
  push?: boolean | null;

  @ApiPropertyOptional({ example: true })
  @IsOptional()
  @IsBoolean()
  inApp?: boolean | null;
}

function Ways(): PropertyDecorator {
  return (target, key) => {
    ApiPropertyOptional({ type: WaysDto })(target, key);
    IsOptional()(target, key);
    IsObject()(target, key);
    ValidateNested()(target, key);
    Type(() => WaysDto)(target, key);
  };
}

/** The ways of each kind; what is not named stays as it is. */
export class KindsDto implements Partial<Record<NotificationKind, WaysDto | null>> {
  @Ways()
  new_order?: WaysDto;

  @Ways()
  new_message?: WaysDto;

  @Ways()
  assignment?: WaysDto;

  @Ways()
  mention?: WaysDto;

  @Ways()
  payment_received?: WaysDto;

  @Ways()
  payment_failed?: WaysDto;

  @Ways()
  integration_failed?: WaysDto;

  @Ways()
  low_stock?: WaysDto;
}

export class UpdatePreferencesDto {
  @ApiPropertyOptional({ type: KindsDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => KindsDto)
  kinds?: KindsDto;

  @ApiPropertyOptional({
    description:
      'In these nothing is pushed: it comes when they end, if it is unread then. null: none.',
    type: QuietHoursDto,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => QuietHoursDto)
  quietHours?: QuietHoursDto | null;
}
