import { ApiProperty } from '@nestjs/swagger';

export class VapidKeyResponse {
  @ApiProperty({
    description: 'The `applicationServerKey` for `pushManager.subscribe`.',
    example:
      'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  })
  publicKey: string;
}
