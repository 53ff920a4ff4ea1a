import { searchWordsOf } from '../platform/database/search-words.js';
import { AppError } from '../platform/http/app-error.js';
import type { UpdateProductDto } from './dto/update-product.dto.js';
import { amountsOf } from './product-amounts.js';
import type { Product } from './product.schema.js';

const CONTENT = [
  'name',
  'description',
  'facebookSubtitle',
  'retailPrice',
  'originalPrice',
  'promoPrice',
  'currency',
  'promoStartDate',
  'promoEndDate',
  'sku',
  'imageUrl',
  'imageFileId',
  'category',
  'itemType',
  'warranty',
  'duration',
  'location',
  'buttons',
  'formId',
  'searchWords',
] as const;

type Days = Pick<Product, 'promoStartDate' | 'promoEndDate'>;

/** What was sent, with the file behind the picture, when it is one of ours. */
export type KeptProductDto = UpdateProductDto & { imageFileId?: string | null };

/** All that is written of a product but its stock. */
export type ProductContent = Pick<Product, (typeof CONTENT)[number]>;

/**
 * What a product is after `dto`: what is left out stays as `known` has it, or is empty.
 * @param shopCurrency of the amounts in `dto`
 * @throws AppError `validation_failed` for what does not fit together
 */
export function contentOf(
  dto: KeptProductDto,
  shopCurrency: string,
  known: Product | null,
): ProductContent {
  const text = (field: 'description' | 'facebookSubtitle' | 'imageUrl'): string =>
    textOf(dto[field], known?.[field]);
  const trimmed = (field: 'sku' | 'category' | 'warranty' | 'duration' | 'location'): string =>
    textOf(dto[field], known?.[field]).trim();
  const { retailPrice, originalPrice, promoPrice, currency } = amountsOf(dto, shopCurrency, known);
  const content = {
    name: (dto.name ?? known?.name ?? '').trim(),
    description: text('description'),
    facebookSubtitle: text('facebookSubtitle'),
    retailPrice,
    originalPrice,
    promoPrice,
    currency,
    promoStartDate: filledOf(dto.promoStartDate, known?.promoStartDate),
    promoEndDate: filledOf(dto.promoEndDate, known?.promoEndDate),
    sku: trimmed('sku'),
    imageUrl: text('imageUrl'),
    imageFileId: (dto.imageUrl === undefined ? known : dto)?.imageFileId ?? null,
    category: trimmed('category'),
    itemType: dto.itemType ?? known?.itemType ?? 'product',
    warranty: trimmed('warranty'),
    duration: trimmed('duration'),
    location: trimmed('location'),
    buttons: dto.buttons === undefined ? (known?.buttons ?? []) : (dto.buttons ?? []),
    formId: filledOf(dto.formId, known?.formId)?.toLowerCase() ?? null,
  };
  requireDaysInOrder(content);
  const { name, sku, category } = content;
  return { ...content, searchWords: searchWordsOf([name, sku, category]) };
}

/** As it is in the database, to compare it with. */
export function pickContent(product: Product): ProductContent {
  return Object.fromEntries(CONTENT.map((field) => [field, product[field]])) as ProductContent;
}

/** What was sent, null for empty, else what was there. */
function textOf(sent: string | null | undefined, known: string | undefined): string {
  return sent === undefined ? (known ?? '') : (sent ?? '');
}

/** As `textOf`, for what is null when it is empty. */
function filledOf(sent: string | null | undefined, known: string | null | undefined) {
  return sent === undefined ? (known ?? null) : sent || null;
}

function requireDaysInOrder({ promoStartDate, promoEndDate }: Days): void {
  if (!promoStartDate || !promoEndDate || promoStartDate <= promoEndDate) return;
  const message = 'promoEndDate must not be before promoStartDate';
  throw AppError.validation([{ field: 'promoEndDate', message }]);
}
