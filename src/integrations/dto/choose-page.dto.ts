import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

export class ChoosePageDto {
  @ApiProperty({
    description: "Of one of the connection's `pages`.",
    minLength: 1,
    maxLength: 128,
    example: '104857600000001',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(128)
  pageId: string;
}
