import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

const HTTP_URL = /^https?:\/\/[^\s/?#]+(?:[/?#]\S*)?$/;
/** https://docs.sentry.io/concepts/key-terms/dsn-explainer/ */
const DSN = /^https?:\/\/[^\s@]+@[^\s/]+\/(?:\S*\/)?\d+$/;

/** The variables of operators: what they see of a process, and by which token. */
export class TelemetryEnv {
  /** Bearer token of who runs this server, for /metrics; at least 32 characters of randomness. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  OPERATOR_TOKEN?: string;

  /** A database command of at least so many milliseconds is logged as slow. */
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number of milliseconds' })
  @Min(1)
  @Max(60_000)
  SLOW_QUERY_MS?: number;

  /** Sentry project that hears of bugs. */
  @IsOptional()
  @Matches(DSN, { message: 'must be a Sentry DSN such as https://key@sentry.example/1' })
  SENTRY_DSN?: string;

  /** OpenTelemetry collector that takes traces over HTTP, without /v1/traces. */
  @IsOptional()
  @Matches(HTTP_URL, { message: 'must be an http(s) URL' })
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  /** Name of this service in traces. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  OTEL_SERVICE_NAME?: string;
}
