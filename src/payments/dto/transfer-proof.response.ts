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
    description: 'Where the picture can be seen for some minutes; null without one.',
    type: String,
    nullable: true,
    example:
      'https://api.example.com/media/private/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b.jpg?expires=1795424400&signature=9f86d081884c7d659a2feaa0c55ad015',
  })
  picture: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  /** @param proof with a signed address of its picture */
  static from(proof: TransferProof): TransferProofResponse {
    return {
      id: proof._id.toHexString(),
      orderId: proof.orderId.toHexString(),
      reference: proof.reference,
      picture: proof.pictureUrl,
      createdAt: proof.createdAt.toISOString(),
    };
  }
}
