import { ApiProperty } from '@nestjs/swagger';
import { CustomerResponse } from './customer.response.js';

const ROWS = { type: 'array', items: { type: 'object', additionalProperties: true }, example: [] };

/** Everything the shop holds of one person; written row by row, whatever its length. */
export class CustomerExportResponse {
  @ApiProperty({ type: CustomerResponse })
  customer: CustomerResponse;

  @ApiProperty({ description: 'As in `GET …/orders`.', ...ROWS } as object)
  orders: object[];

  @ApiProperty({ description: 'Of these orders, as in `GET …/payments`.', ...ROWS } as object)
  payments: object[];

  @ApiProperty({ description: 'Of these payments, as in `GET …/proof`.', ...ROWS } as object)
  transferProofs: object[];

  @ApiProperty({ description: 'As in `GET …/conversations`.', ...ROWS } as object)
  conversations: object[];

  @ApiProperty({
    description: 'Of these conversations, as in `GET …/messages`; notes of the team too.',
    ...ROWS,
  } as object)
  messages: object[];
}
