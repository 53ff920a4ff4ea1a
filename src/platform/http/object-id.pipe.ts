import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from './app-error.js';

const OBJECT_ID = /^[0-9a-f]{24}$/i;

export function isObjectIdHex(value: unknown): value is string {
  return typeof value === 'string' && OBJECT_ID.test(value);
}

/** A path id that cannot exist is not found, like any other that does not exist. */
@Injectable()
export class ObjectIdPipe implements PipeTransform<string, string> {
  constructor(private readonly thing: string) {}

  transform(value: string): string {
    if (!isObjectIdHex(value)) throw AppError.notFound(this.thing);
    return value.toLowerCase();
  }
}
