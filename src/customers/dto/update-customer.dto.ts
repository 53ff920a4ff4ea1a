import { PartialType } from '@nestjs/swagger';
import { CreateCustomerDto } from './create-customer.dto.js';

/** What is left out stays as it is. */
export class UpdateCustomerDto extends PartialType(CreateCustomerDto) {}
