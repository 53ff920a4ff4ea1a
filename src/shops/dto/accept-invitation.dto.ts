import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

export class AcceptInvitationDto {
  @ApiProperty({
    description: "`token` of the invitation's link.",
    minLength: 1,
    maxLength: 100,
    example: 'q7mWfC0f2m9a1kQz3vYw8uTn5bXe6rHd4sLp0gJiKcA',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  token: string;
}
