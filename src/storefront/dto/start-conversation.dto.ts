import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';

export class StartConversationDto {
  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Su Su' })
  @IsString()
  @Matches(/\S/, { message: 'customerName must not be empty' })
  @MaxLength(100)
  customerName: string;

  @ApiProperty({ minLength: 1, maxLength: 5000, example: 'Do you have the beans in 1 kg?' })
  @IsString()
  @Matches(/\S/, { message: 'text must not be empty' })
  @MaxLength(5000)
  text: string;
}
