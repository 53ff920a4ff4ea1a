import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '../platform/http/app-error.js';
import { type PlatformName, PLATFORMS } from './platforms/platform.js';

/** A platform's name in a path; any other is not found. */
@Injectable()
export class PlatformPipe implements PipeTransform<string, PlatformName> {
  transform(value: string): PlatformName {
    const name = PLATFORMS.find((one) => one === value);
    if (name) return name;
    throw new AppError(
      'not_found',
      `There is no such platform: it is one of ${PLATFORMS.join(', ')}.`,
    );
  }
}
