import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsPushKey } from './is-push-key.decorator.js';

export class PushKeysDto {
  @ApiProperty({
    description: "The browser's public key: a point on P-256, 65 bytes in base64url.",
    maxLength: 100,
    example:
      'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  })
  @IsString()
  @MaxLength(100)
  @IsPushKey()
  p256dh: string;

  @ApiProperty({
    description: 'What the browser shares with us: 16 bytes in base64url.',
    maxLength: 24,
    example: 'BTBZMqHH6r4Tts7J_aSIgg',
  })
  @IsString()
  @MaxLength(24)
  @Matches(/^[\w-]{22}(?:==)?$/, { message: 'auth must be 16 bytes in base64url' })
  auth: string;
}

/** A browser's `PushSubscription`, as `JSON.stringify` writes it. */
export class SubscribeDto {
  @ApiProperty({
    description: 'https, at a known push service.',
    maxLength: 1000,
    example: 'https://fcm.googleapis.com/fcm/send/dpH5lCsTSSM:APA91bHqjZxM0VImWWqDRN7U0a3AycjUf4O',
  })
  @IsString()
  @MaxLength(1000)
  endpoint: string;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Not used.', example: null })
  @IsOptional()
  @IsNumber()
  expirationTime?: number | null;

  @ApiProperty({ type: PushKeysDto })
  @IsObject()
  @ValidateNested()
  @Type(() => PushKeysDto)
  keys: PushKeysDto;
}
