import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { CustomerSubject, CustomerTokenKind } from '../auth/customer-tokens.service.js';
import { Public } from '../platform/http/access.decorators.js';
import {
  CUSTOMER_ACCESS,
  type CustomerRequest,
  CustomerTokenGuard,
} from './customer-token.guard.js';

/**
 * Without an account, but only with the customer token of the `kind` whose id stands in the path
 * as `<kind>Id`, in the shop of `:slugOrId` where the path names one.
 */
export function RequireCustomer(kind: CustomerTokenKind): MethodDecorator {
  return applyDecorators(
    Public(),
    SetMetadata(CUSTOMER_ACCESS, kind),
    UseGuards(CustomerTokenGuard),
    ApiBearerAuth(),
  );
}

/** The shop and the order or conversation that the customer's token opens; never the path's word. */
export const Customer = createParamDecorator(
  (_: unknown, context: ExecutionContext): CustomerSubject => {
    const { customer } = context.switchToHttp().getRequest<CustomerRequest>();
    if (!customer) throw new Error('@Customer() on a route without @RequireCustomer()');
    return customer;
  },
);
