import { SetMetadata } from '@nestjs/common';
import { MEBIBYTE } from './body-limits.js';

export const FILES_BODY_LIMIT = 100 * MEBIBYTE;
/** In one request. */
export const MAX_FILES = 10;
export const ACCEPTS_FILES = 'accepts-files';

/** The body of this route is multipart/form-data with files, and nothing else. */
export const AcceptsFiles = () => SetMetadata(ACCEPTS_FILES, true);
