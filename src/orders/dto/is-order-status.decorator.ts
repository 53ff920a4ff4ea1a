import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsIn } from 'class-validator';
import { ORDER_STATUSES, readStatus } from '../order-status.js';

/** A status by any of its names; what it names nothing stays as it was sent, and is refused. */
export function IsOrderStatus(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (readStatus(value) ?? value) : value,
    ),
    IsIn(ORDER_STATUSES),
  );
}
