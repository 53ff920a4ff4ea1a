import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '../platform/http/app-error.js';

const VERSION = /^[1-9]\d{0,8}$/;

/** A number that no version has is not found, like any other that does not exist. */
@Injectable()
export class FormVersionNumberPipe implements PipeTransform<string, number> {
  transform(value: string): number {
    if (!VERSION.test(value)) throw AppError.notFound('version of this form');
    return Number(value);
  }
}
