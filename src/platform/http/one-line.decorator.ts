import { Transform } from 'class-transformer';

/** A text whose line breaks became spaces. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*/g, ' ');
}

/** A text of one line, however it is sent. */
export function OneLine(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    return typeof value === 'string' ? oneLine(value) : value;
  });
}
