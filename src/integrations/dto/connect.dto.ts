import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

export class ConnectDto {
  @ApiProperty({
    description: "What the popup handed over: a one-time handle of ours, or the platform's code.",
    minLength: 1,
    maxLength: 2000,
    example: 'AQD1x7Wm0example',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  code: string;
}
