import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

export class PrivateFileQuery {
  @ApiProperty({ description: 'Epoch seconds.', maxLength: 20, example: '1795424400' })
  @IsString()
  @MaxLength(20)
  expires: string;

  @ApiProperty({
    description: 'Of the path and the time, by this API.',
    maxLength: 100,
    example: '9f86d081884c7d659a2feaa0c55ad015',
  })
  @IsString()
  @MaxLength(100)
  signature: string;
}
