import { ApiProperty } from '@nestjs/swagger';

export class AuthorizeResponse {
  @ApiProperty({
    description: 'Where the popup goes; counts for 10 minutes, in this browser.',
    example: 'https://www.facebook.com/v25.0/dialog/oauth?client_id=1234567890&state=...',
  })
  url: string;
}
