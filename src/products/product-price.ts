import type { Product } from './product.schema.js';

type Prices = Pick<Product, 'retailPrice' | 'promoPrice' | 'promoStartDate' | 'promoEndDate'>;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What one piece costs on `day`, in minor units: the promotion's price from its first to its last day,
 * both included, each open where it is not set. A promotion never makes anything dearer.
 * @param day `YYYY-MM-DD` in the shop's time zone
 */
export function priceAt(product: Prices, day: string): number {
  const { retailPrice, promoPrice, promoStartDate, promoEndDate } = product;
  if (promoPrice === null || promoPrice >= retailPrice) return retailPrice;
  // Days written so stand in their order as texts.
  if (promoStartDate && day < promoStartDate) return retailPrice;
  if (promoEndDate && day > promoEndDate) return retailPrice;
  return promoPrice;
}

/** Whether the price of `product` is another on some days than on others. */
export function dependsOnDay({ promoPrice, promoStartDate, promoEndDate }: Prices): boolean {
  return promoPrice !== null && Boolean(promoStartDate || promoEndDate);
}

/**
 * The day, `YYYY-MM-DD`, that the clocks of `timeZone` (IANA) show at `at`.
 * @throws RangeError for a time zone there is not
 */
export function dayIn(timeZone: string, at: Date): string {
  const known = formats.get(timeZone);
  const format = known ?? dayFormat(timeZone);
  if (!known) formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
}

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
}
