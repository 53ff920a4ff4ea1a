import { AppError, type FieldError } from '../platform/http/app-error.js';
import { toDecimal, toMinor } from '../platform/money/money.js';
import type { UpdateProductDto } from './dto/update-product.dto.js';
import type { Product } from './product.schema.js';

type Amounts = Pick<Product, 'retailPrice' | 'originalPrice' | 'promoPrice' | 'currency'>;
type AmountField = Exclude<keyof Amounts, 'currency'>;

const AMOUNTS = ['retailPrice', 'originalPrice', 'promoPrice'] as const;

/**
 * The amounts of a product in minor units. One that sets any is a product in the shop's currency from
 * then on: what `known` has and `dto` leaves out stays the same number there.
 * @throws AppError `validation_failed` naming every amount the currency cannot express
 */
export function amountsOf(
  dto: UpdateProductDto,
  shopCurrency: string,
  known: Amounts | null,
): Amounts {
  const setsAny = AMOUNTS.some((field) => dto[field] !== undefined);
  if (known && !setsAny) return known;
  const errors: FieldError[] = [];
  const minor = (field: AmountField): number | null => {
    const amount = decimalOf(field, dto, known);
    if (amount === null) return null;
    try {
      return toMinor(amount, shopCurrency);
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
    currency: shopCurrency,
  };
  if (errors.length > 0) throw AppError.validation(errors);
  return amounts;
}

/** Null takes an amount away, but for the price, which every product has. */
function decimalOf(
  field: AmountField,
  dto: UpdateProductDto,
  known: Amounts | null,
): number | null {
  const sent = dto[field];
  if (sent !== undefined && (sent !== null || field !== 'retailPrice')) return sent;
  const minor = known?.[field] ?? null;
  return known && minor !== null ? toDecimal(minor, known.currency) : null;
}
