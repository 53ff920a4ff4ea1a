import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class UnsubscribeDto {
  @ApiPropertyOptional({
    description: 'Without it all devices of this session.',
    type: String,
    nullable: true,
    maxLength: 1000,
    example: 'https://fcm.googleapis.com/fcm/send/dpH5lCsTSSM:APA91bHqjZxM0VImWWqDRN7U0a3AycjUf4O',
  })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  endpoint?: string | null;
}
