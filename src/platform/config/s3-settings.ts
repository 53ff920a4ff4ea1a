import type { FilesEnv } from './files-env.js';

/** The bucket that keeps files, and how to reach it. */
export interface S3Settings {
  bucket: string;
  region: string;
  /** Undefined: Amazon's own. */
  endpoint?: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Whether the bucket stands in the path, not in the host. */
  pathStyle: boolean;
}

/** Undefined without a bucket and its keys: files are then kept below DATA_DIR. */
export function s3Settings(env: FilesEnv): S3Settings | undefined {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId } = env;
  const { S3_SECRET_ACCESS_KEY: secretAccessKey, S3_ENDPOINT: endpoint, S3_PATH_STYLE } = env;
  if (!bucket || !accessKeyId || !secretAccessKey) return undefined;
  return {
    bucket,
    region: env.S3_REGION ?? 'us-east-1',
    endpoint,
    accessKeyId,
    secretAccessKey,
    pathStyle: S3_PATH_STYLE ? S3_PATH_STYLE === 'on' : endpoint !== undefined,
  };
}
