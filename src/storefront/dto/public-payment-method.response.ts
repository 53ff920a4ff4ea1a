import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const MAX_SHOWN = 50;
const MAX_CHARACTERS = 2_000;
const WEB_ADDRESS = /^https?:\/\//i;
/** What the app may keep of a way to pay that is for customers' eyes. */
const TEXTS = ['type', 'instructions', 'accountName', 'accountNumber', 'bankName'] as const;

/** A way to pay that the shop shows to its customers. */
export class PublicPaymentMethodResponse {
  @ApiProperty({ example: 'kbz' })
  id: string;

  @ApiProperty({ example: 'KBZ Pay' })
  name: string;

  @ApiPropertyOptional({ example: 'transfer' })
  type?: string;

  @ApiPropertyOptional({ example: 'Write the order number into the note.' })
  instructions?: string;

  @ApiPropertyOptional({ example: 'Daw Mya' })
  accountName?: string;

  @ApiPropertyOptional({ example: '0912 3456 7890' })
  accountNumber?: string;

  @ApiPropertyOptional({ example: 'KBZ Bank' })
  bankName?: string;

  @ApiPropertyOptional({ example: 'https://media.example.com/qr/kbz.webp' })
  qrCodeUrl?: string;

  @ApiProperty({
    description: 'Whether the shop asks for a picture of the transfer.',
    example: true,
  })
  requiresProof: boolean;

  /** Those of the app's settings that have a name and are not switched off; nothing else of them. */
  static listOf(settings: unknown): PublicPaymentMethodResponse[] {
    if (!Array.isArray(settings)) return [];
    return settings.slice(0, MAX_SHOWN).flatMap((one: unknown) => shown(one) ?? []);
  }
}

function shown(setting: unknown): PublicPaymentMethodResponse | undefined {
  const kept = typeof setting === 'string' ? { name: setting } : (setting ?? {});
  const fields = new Map<string, unknown>(Object.entries(kept));
  const name = textOf(fields.get('name'));
  const isOff = fields.get('enabled') === false || fields.get('isActive') === false;
  if (!name || isOff) return undefined;
  const texts = TEXTS.map((key) => [key, textOf(fields.get(key))] as const);
  const qrCodeUrl = textOf(fields.get('qrCodeUrl')) ?? '';
  return {
    id: textOf(fields.get('id')) ?? name,
    name,
    ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)),
    ...(WEB_ADDRESS.test(qrCodeUrl) ? { qrCodeUrl } : {}),
    requiresProof: fields.get('requiresProof') === true,
  };
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text === '' ? undefined : text.slice(0, MAX_CHARACTERS);
}
