import { AppError } from './app-error.js';

/** Where a page ended: the sort value of its last row, and its id to break ties. */
export interface Cursor {
  /** Sort value: a date as epoch milliseconds, or a number. */
  at: number;
  id: string;
}

const SHAPE = /^(-?\d{1,16})\.([0-9a-f]{24})$/;

/** The opaque form in which a cursor travels. */
export function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(`${at}.${id}`).toString('base64url');
}

/** @throws AppError `invalid_cursor` for anything `encodeCursor` did not make */
export function decodeCursor(text: string): Cursor {
  const match = SHAPE.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const [, at, id] = match ?? [];
  if (at === undefined || id === undefined || !Number.isSafeInteger(Number(at))) {
    throw new AppError(
      'invalid_cursor',
      'The cursor is not one of ours: pass meta.nextCursor of the page before, or leave it out.',
    );
  }
  return { at: Number(at), id };
}
