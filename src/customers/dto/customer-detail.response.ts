import { ApiProperty } from '@nestjs/swagger';
import type { Customer } from '../customer.schema.js';
import { CustomerHistoryResponse } from './customer-history.response.js';
import { CustomerResponse } from './customer.response.js';

/** A customer, and what they have done. */
export interface CustomerDetail {
  customer: Customer;
  history: Partial<CustomerHistoryResponse>;
}

export class CustomerDetailResponse {
  @ApiProperty({ type: CustomerResponse })
  customer: CustomerResponse;

  @ApiProperty({ type: CustomerHistoryResponse })
  history: CustomerHistoryResponse;

  static from({ customer, history }: CustomerDetail): CustomerDetailResponse {
    return {
      customer: CustomerResponse.from(customer),
      history: CustomerHistoryResponse.from(history),
    };
  }
}
