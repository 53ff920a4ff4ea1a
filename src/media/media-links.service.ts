import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { AppError } from '../platform/http/app-error.js';
import { fileOfUrl } from './media-paths.js';

/** An address lives for the longer of the two at most, and at least for the difference. */
const LIFE_SECONDS = 900;
/** Those of so many seconds are one, so that what a browser has kept is found again. */
const STEP_SECONDS = 300;
const SIGNATURE_CHARACTERS = 32;

export interface WithAttachment {
  attachment?: { url: string } | null;
}

/** Signs the addresses of private files, in answers to those who may read what names them. */
@Injectable()
export class MediaLinks {
  /** Origin of this API, before every path. */
  readonly base: string;
  private readonly key: Buffer;

  constructor({ jwtSecret, ownOrigin }: AppConfig) {
    this.base = ownOrigin;
    // A key of its own: no token is ever a signature, nor the other way round.
    this.key = Buffer.from(hkdfSync('sha256', jwtSecret, '', 'addresses of private files', 32));
  }

  /** The address anew, to be given to a reader who has the right; any other stays as it is. */
  sign(url: string, now = new Date()): string {
    if (fileOfUrl(url, this.base)?.visibility !== 'private') return url;
    const [plain = ''] = url.split('?');
    const end = Math.floor(now.getTime() / 1_000) + LIFE_SECONDS;
    const expires = end - (end % STEP_SECONDS);
    const signature = this.signatureOf(plain.slice(this.base.length), expires);
    return `${plain}?expires=${expires}&signature=${signature}`;
  }

  /** The message, with an address of its file that the reader can open for some minutes. */
  signAttachment<T extends WithAttachment>(message: T): T {
    const { attachment } = message;
    if (!attachment) return message;
    return { ...message, attachment: { ...attachment, url: this.sign(attachment.url) } };
  }

  /**
   * @returns how many seconds the address still lives
   * @throws AppError `link_expired`
   */
  verify(path: string, expires: string, signature: string, now = new Date()): number {
    const isWritten = /^\d{1,12}$/.test(expires) && signature.length === SIGNATURE_CHARACTERS;
    const wanted = Buffer.from(this.signatureOf(path, Number(expires)));
    const given = Buffer.from(signature);
    const isOurs = isWritten && given.length === wanted.length && timingSafeEqual(given, wanted);
    const left = Number(expires) - Math.floor(now.getTime() / 1_000);
    if (isOurs && left > 0) return left;
    throw new AppError(
      'link_expired',
      'This address is no longer good: read again what shows the file, for a new one.',
    );
  }

  private signatureOf(path: string, expires: number): string {
    const hmac = createHmac('sha256', this.key).update(`${path}\n${expires}`);
    return hmac.digest('hex').slice(0, SIGNATURE_CHARACTERS);
  }
}
