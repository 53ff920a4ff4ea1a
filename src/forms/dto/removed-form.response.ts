import { ApiProperty } from '@nestjs/swagger';
import { FORM_REMOVALS, type FormRemoval } from '../form-removal.js';

export class RemovedFormResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0004' })
  id: string;

  @ApiProperty({
    description: '`archived`: an open order still needs it.',
    enum: FORM_REMOVALS,
    example: 'deleted',
  })
  outcome: FormRemoval;
}
