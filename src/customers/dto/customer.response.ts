import { ApiProperty } from '@nestjs/swagger';
import type { Customer } from '../customer.schema.js';

/** A customer as the shop's team sees them. */
export class CustomerResponse {
  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0006' })
  id: string;

  @ApiProperty({ example: '6741c0c0a5f2d13b8c9e0002' })
  shopId: string;

  @ApiProperty({ example: 'Aung Aung' })
  name: string;

  @ApiProperty({ type: [String], example: ['+95 9 123 456'] })
  phones: string[];

  @ApiProperty({ type: [String], example: ['aung@example.com'] })
  emails: string[];

  @ApiProperty({ example: '12 Strand Road, Yangon' })
  address: string;

  @ApiProperty({ description: "The team's own words.", example: 'Pays on delivery.' })
  notes: string;

  @ApiProperty({ type: [String], example: ['wholesale'] })
  tags: string[];

  @ApiProperty({ description: 'Nobody any more: only the orders stay.', example: false })
  erased: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:00:00.000Z' })
  updatedAt: string;

  static from(customer: Customer): CustomerResponse {
    return {
      id: customer._id.toHexString(),
      shopId: customer.shopId.toHexString(),
      name: customer.name,
      phones: customer.phones,
      emails: customer.emails,
      address: customer.address,
      notes: customer.notes,
      tags: customer.tags,
      erased: customer.state === 'erased',
      createdAt: customer.createdAt.toISOString(),
      updatedAt: customer.updatedAt.toISOString(),
    };
  }
}
