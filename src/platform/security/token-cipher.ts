import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig, type EncryptionKey } from '../config/app-config.js';

/** `unknown_key`: another process may have it; `damaged`: nobody will ever read it. */
export type Opened = { text: string } | { problem: 'unknown_key' | 'damaged' };

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SHAPE = /^([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/;

/**
 * Encrypts what is secret at rest, under the first of `ENCRYPTION_KEYS`; the others still open what
 * was sealed under them. Each sealed text is bound to its place: moved to another, it does not open.
 */
@Injectable()
export class TokenCipher {
  private readonly current: EncryptionKey;
  private readonly keys: Map<string, Buffer>;

  constructor({ encryptionKeys }: AppConfig) {
    const [current] = encryptionKeys;
    if (!current) throw new Error('there is no encryption key');
    this.current = current;
    this.keys = new Map(encryptionKeys.map(({ id, key }) => [id, key]));
  }

  /** Id of the key that seals. */
  get keyId(): string {
    return this.current.id;
  }

  /**
   * `<key id>.<base64url of iv, tag, ciphertext>`
   * @param place where it will be kept, such as a row and a field
   */
  seal(text: string, place: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.current.key, iv);
    cipher.setAAD(Buffer.from(place, 'utf8'));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const all = Buffer.concat([iv, cipher.getAuthTag(), sealed]);
    return `${this.current.id}.${all.toString('base64url')}`;
  }

  /** A secret of 43 characters, the same for the same purpose while the first key stays. */
  derive(purpose: string): string {
    return createHmac('sha256', this.current.key).update(purpose, 'utf8').digest('base64url');
  }

  open(sealed: string, place: string): Opened {
    const [, id = '', encoded = ''] = SHAPE.exec(sealed) ?? [];
    if (!id) return { problem: 'damaged' };
    const key = this.keys.get(id);
    if (!key) return { problem: 'unknown_key' };
    const all = Buffer.from(encoded, 'base64url');
    if (all.length < IV_BYTES + TAG_BYTES) return { problem: 'damaged' };
    const decipher = createDecipheriv(ALGORITHM, key, all.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(all.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const text = decipher.update(all.subarray(IV_BYTES + TAG_BYTES));
      return { text: Buffer.concat([text, decipher.final()]).toString('utf8') };
    } catch {
      return { problem: 'damaged' };
    }
  }
}
