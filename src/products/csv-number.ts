const NUMBER = /^-?\d+$/;
const AMOUNT = /^-?\d+(?:[.,]\d+)?$/;
/** What counts or prices may be written with. */
const WITH_SEPARATORS = /^-?\d[\d.,'’\s]*$/;
/** One thousand to some, and one to others. A group of thousands never begins with a zero. */
const AMBIGUOUS = /^-?[1-9]\d{0,2}(?:([.,])\d{3})+$/;

/** How numbers are written in a file. */
export interface NumberStyle {
  delimiter: string;
  /** After the point of amounts, in the shop's currency. */
  digits: number;
}

/** A number; or the text of none; or what is wrong with one that could be misunderstood. */
export type ReadNumber = number | string | { problem: string };

export function readCount(cell: string): ReadNumber {
  const text = cell.trim();
  if (NUMBER.test(text)) return Number(text);
  if (!WITH_SEPARATORS.test(text)) return cell;
  return { problem: `must be an integer without separators: write ${plain(text)}` };
}

/** A file whose delimiter is no comma may have decimal commas. */
export function readAmount(cell: string, { delimiter, digits }: NumberStyle): ReadNumber {
  const text = cell.trim();
  const [isAmbiguous, separator] = AMBIGUOUS.exec(text) ?? [];
  // So are amounts of three digits exported.
  const isExported = delimiter === ',' && separator === '.' && digits === 3;
  if (isAmbiguous && !(isExported && AMOUNT.test(text)))
    return { problem: whyAmbiguous(text, digits) };
  if (!AMOUNT.test(text) || (delimiter === ',' && text.includes(','))) return cell;
  return Number(text.replace(',', '.'));
}

function whyAmbiguous(text: string, digits: number): string {
  const whole = plain(text);
  const [, units, decimals = ''] = /^(-?\d+)[.,](\d{3})$/.exec(text) ?? [];
  // With two separators or more they are of thousands, but not every program's.
  if (units === undefined) return `must have no separators of thousands: write ${whole}`;
  if (digits >= 3) return `may mean two amounts: write ${whole} or ${units}.${decimals}0`;
  const amount = digits === 0 ? units : `${units}.${decimals.slice(0, digits)}`;
  return (
    `must have at most ${digits} digits after the point, and no separators of thousands: ` +
    `write ${whole} or ${amount}`
  );
}

function plain(text: string): string {
  return text.replace(/[^\d-]/g, '');
}
