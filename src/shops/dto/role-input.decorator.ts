import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn } from 'class-validator';
import { SHOP_ROLES, type ShopRole } from '../permissions.js';

/** The words that the app shows, in lower case. */
const DISPLAY_WORDS: Record<string, ShopRole> = {
  'support agent': 'agent',
  'order manager': 'manager',
};

/** A role as our word or as the app's (`Support Agent`, `Order Manager`), in any case. */
export function RoleInput(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      enum: SHOP_ROLES,
      description: 'The words `Support Agent` and `Order Manager` are understood too.',
      example: 'agent',
    }),
    Transform(({ value }: { value: unknown }) => {
      if (typeof value !== 'string') return value;
      const word = value.trim().toLowerCase();
      return Object.hasOwn(DISPLAY_WORDS, word) ? DISPLAY_WORDS[word] : word;
    }),
    IsIn(SHOP_ROLES, { message: `role must be one of ${SHOP_ROLES.join(', ')}` }),
  );
}
