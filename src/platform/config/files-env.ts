import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { TelemetryEnv } from './telemetry-env.js';

const HTTP_URL = /^https?:\/\/[^\s/?#]+(?:[/?#]\S*)?$/;

/** The variables of stored files. */
export class FilesEnv extends TelemetryEnv {
  /** Megabytes of files that a shop may store. */
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number of megabytes' })
  @Min(1)
  @Max(10_000_000)
  MEDIA_SHOP_LIMIT_MB?: number;

  /** Bucket that keeps uploaded files; without it they are in DATA_DIR. */
  @IsOptional()
  @Matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { message: 'must be the name of a bucket' })
  S3_BUCKET?: string;

  /** Region of the bucket, as its service calls it. */
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,40}$/, { message: 'must be a region such as eu-central-1' })
  S3_REGION?: string;

  /** Base URL of an S3-compatible service; without it Amazon's. */
  @IsOptional()
  @Matches(HTTP_URL, { message: 'must be an http(s) URL' })
  S3_ENDPOINT?: string;

  /** Access key id of the bucket. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  S3_ACCESS_KEY_ID?: string;

  /** Secret access key of the bucket. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  S3_SECRET_ACCESS_KEY?: string;

  /** on names the bucket in the path, off in the host; on by default with S3_ENDPOINT. */
  @IsOptional()
  @IsIn(['on', 'off'])
  S3_PATH_STYLE?: 'on' | 'off';
}
