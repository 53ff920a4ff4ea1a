import { AppError, type FieldError } from '../platform/http/app-error.js';
import { toMinor } from '../platform/money/money.js';
import type { CreateProductDto } from './dto/create-product.dto.js';
import type { Product } from './product.schema.js';

type Amounts = Pick<Product, 'retailPrice' | 'originalPrice' | 'promoPrice'>;

/**
 * The amounts of `dto` in minor units of `currency`.
 * @throws AppError `validation_failed` naming every amount the currency cannot express
 */
export function amountsInMinor(dto: CreateProductDto, currency: string): Amounts {
  const errors: FieldError[] = [];
  const minor = (field: keyof Amounts): number | null => {
    const amount = dto[field] ?? null;
    if (amount === null) return null;
    try {
      return toMinor(amount, currency);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      errors.push({ field, message: `${field} ${error.message}` });
      return null;
    }
  };
  const amounts = {
    retailPrice: minor('retailPrice') ?? 0,
    originalPrice: minor('originalPrice'),
    promoPrice: minor('promoPrice'),
  };
  if (errors.length > 0) throw AppError.validation(errors);
  return amounts;
}
