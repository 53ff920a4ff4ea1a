import { ApiProperty } from '@nestjs/swagger';
import type { TransferProof } from '../transfer-proof.schema.js';

/** What a customer shows for a transfer. */
export class TransferProofResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e000b' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0005' })
  orderId: string;

  @ApiProperty({ description: "The bank's number, as it was written.", example: '0100 2345 6789' })
  reference: string;

  @ApiProperty({
    description: 'The picture as a data URL; null without one.',
    type: String,
    nullable: true,
    example: 'data:image/png;base64,iVBORw0KGgo=',
  })
  picture: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  static from(proof: TransferProof): TransferProofResponse {
    const { picture, pictureType } = proof;
    return {
      id: proof._id.toHexString(),
      orderId: proof.orderId.toHexString(),
      reference: proof.reference,
      picture: picture && `data:${pictureType};base64,${picture.toString('base64')}`,
      createdAt: proof.createdAt.toISOString(),
    };
  }
}
