import { ApiProperty } from '@nestjs/swagger';
import { IsMongoId } from 'class-validator';

export class TransferShopDto {
  @ApiProperty({
    description: 'The member who becomes the owner.',
    pattern: '^[0-9a-fA-F]{24}$',
    example: '6741c0c0a5f2d13b8c9e0003',
  })
  @IsMongoId({ message: 'userId must be the id of a member' })
  userId: string;
}
