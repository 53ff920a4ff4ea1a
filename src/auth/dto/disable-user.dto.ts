import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';

export class DisableUserDto {
  @ApiProperty({ description: 'true ends every session and forbids new ones.', example: true })
  @IsBoolean()
  disabled: boolean;
}
