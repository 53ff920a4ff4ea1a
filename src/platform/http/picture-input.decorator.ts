import { applyDecorators } from '@nestjs/common';
import { isURL, ValidateBy } from 'class-validator';

/** Of a picture that is written out: as much as a body on such a route may have. */
export const MAX_DATA_URL_CHARACTERS = 12 * 1024 * 1024;
export const MAX_ADDRESS_CHARACTERS = 2_000;
const WEB = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };
/** Its beginning alone: over millions of characters an expression runs out of stack. */
const DATA_URL = /^data:[a-z]+\/[\w.+-]+;base64,/;

export function isDataUrl(text: string): boolean {
  return DATA_URL.test(text.slice(0, 100));
}

/** The address of a picture, or the picture itself as a data URL, which is stored in its place. */
export function PictureInput(thing: 'picture' | 'file' = 'picture'): PropertyDecorator {
  return applyDecorators(
    ValidateBy({
      name: 'isPicture',
      validator: {
        validate: (value) => typeof value === 'string' && isPicture(value),
        defaultMessage: () =>
          `$property must be a ${thing} as a data URL, or an address that begins with http:// or ` +
          `https:// and has at most ${MAX_ADDRESS_CHARACTERS} characters`,
      },
    }),
  );
}

function isPicture(text: string): boolean {
  if (isDataUrl(text)) return text.length <= MAX_DATA_URL_CHARACTERS;
  return text.length <= MAX_ADDRESS_CHARACTERS && isURL(text, WEB);
}
