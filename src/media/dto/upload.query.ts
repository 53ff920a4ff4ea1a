import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { VISIBILITIES, type Visibility } from '../media-paths.js';

export class UploadQuery {
  @ApiPropertyOptional({
    description:
      '`public` for the catalogue, logos and QR codes; `private` for what is for one customer.',
    enum: VISIBILITIES,
    default: 'public',
    example: 'public',
  })
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;
}
