import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from '../../platform/config/s3-settings.js';
import { isKey } from '../media-paths.js';
import { type ByteRange, MediaStorage, type StoredObject } from './storage.js';

const ATTEMPTS = 3;
const CONNECT_MS = 5_000;
const REQUEST_MS = 60_000;

type Sdk = typeof import('@aws-sdk/client-s3');

/** Objects of a bucket at any service that speaks S3. */
export class S3Storage extends MediaStorage {
  private connected?: Promise<{ sdk: Sdk; client: S3Client }>;

  constructor(private readonly settings: S3Settings) {
    super();
  }

  async put(key: string, path: string, type: string): Promise<void> {
    const { sdk, client } = await this.connect();
    const { size } = await stat(path);
    await client.send(
      new sdk.PutObjectCommand({
        ...this.at(key),
        Body: createReadStream(path),
        ContentLength: size,
        ContentType: type,
      }),
    );
  }

  async open(key: string): Promise<StoredObject | null> {
    const { sdk, client } = await this.connect();
    const head = await client
      .send(new sdk.HeadObjectCommand(this.at(key)))
      .catch((error: unknown) => {
        if (statusOf(error) === 404) return null;
        throw error;
      });
    if (!head) return null;
    return {
      size: head.ContentLength ?? 0,
      read: async (range?: ByteRange): Promise<Readable> => {
        const Range = range && `bytes=${range.start}-${range.end}`;
        const { Body } = await client.send(
          new sdk.GetObjectCommand({ ...this.at(key), ...(Range ? { Range } : {}) }),
        );
        return Body as Readable;
      },
      close: () => Promise.resolve(),
    };
  }

  async delete(keys: string[]): Promise<void> {
    const { sdk, client } = await this.connect();
    // One by one: not every service has the call for many.
    for (const key of keys) await client.send(new sdk.DeleteObjectCommand(this.at(key)));
  }

  private at(key: string): { Bucket: string; Key: string } {
    if (!isKey(key)) throw new Error('not a key of the storage');
    return { Bucket: this.settings.bucket, Key: key };
  }

  /** Loaded with the first object: the client is large, and most who run this have no use for it. */
  private connect(): Promise<{ sdk: Sdk; client: S3Client }> {
    return (this.connected ??= import('@aws-sdk/client-s3').then((sdk) => {
      const { region, endpoint, accessKeyId, secretAccessKey, pathStyle } = this.settings;
      const client = new sdk.S3Client({
        region,
        ...(endpoint ? { endpoint } : {}),
        forcePathStyle: pathStyle,
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: ATTEMPTS,
        requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
        // Others than Amazon's know none of its newer checksums.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
      return { sdk, client };
    }));
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
