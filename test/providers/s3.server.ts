import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  body: Buffer;
  type: string;
}

const REGION = 'eu-test-1';
const BUCKET = 'cliick-files';
const ACCESS_KEY = 'AKIATESTTESTTEST';
const SECRET_KEY = 'canary/s3+secret/key';
const SCHEME =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;
const MAX_SKEW_MS = 15 * 60_000;

/**
 * An S3 service with one bucket, its name in the path. Every request must be signed by Signature
 * Version 4, computed here from the documentation; what is not is refused as S3 does.
 */
export class S3Server {
  readonly objects = new Map<string, Stored>();
  readonly refused: string[] = [];
  /** `PUT public/...`, in order. */
  readonly calls: string[] = [];
  /** So many requests fail from now on. */
  failing = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<S3Server> {
    const server = createServer();
    const s3 = new S3Server(server);
    server.on('request', (request, response) => void s3.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return s3;
  }

  get variables(): Record<string, string> {
    return {
      S3_BUCKET: BUCKET,
      S3_REGION: REGION,
      S3_ENDPOINT: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      S3_ACCESS_KEY_ID: ACCESS_KEY,
      S3_SECRET_ACCESS_KEY: SECRET_KEY,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = '', url = '' } = request;
    if (this.failing > 0) {
      this.failing--;
      return refuse(response, 503, 'SlowDown');
    }
    const problem = signatureProblem(request, body);
    if (problem) {
      this.refused.push(`${method} ${url}: ${problem}`);
      return refuse(response, 403, problem);
    }
    const { pathname } = new URL(url, 'http://s3');
    const [, bucket, ...rest] = pathname.split('/');
    if (bucket !== BUCKET) return refuse(response, 404, 'NoSuchBucket');
    const key = decodeURIComponent(rest.join('/'));
    this.calls.push(`${method} ${key}`);
    if (method === 'PUT') {
      this.objects.set(key, { body, type: request.headers['content-type'] ?? '' });
      response.setHeader('ETag', `"${createHash('md5').update(body).digest('hex')}"`);
      return void response.end();
    }
    if (method === 'DELETE') {
      this.objects.delete(key);
      return void response.writeHead(204).end();
    }
    const stored = this.objects.get(key);
    if (!stored) return refuse(response, 404, method === 'HEAD' ? '' : 'NoSuchKey');
    give(request, response, stored);
  }
}

function give(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  stored: Stored,
): void {
  const { body, type } = stored;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  const part = first ? body.subarray(Number(first), Number(last) + 1) : body;
  if (first) response.setHeader('Content-Range', `bytes ${first}-${last}/${body.length}`);
  response.writeHead(first ? 206 : 200, {
    'Content-Type': type,
    'Content-Length': part.length,
    'Last-Modified': new Date(0).toUTCString(),
  });
  response.end(method === 'HEAD' ? undefined : part);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'Content-Type': 'application/xml' });
  response.end(code && `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
}

/** What is wrong with the signature; undefined when it is right. */
function signatureProblem(request: IncomingMessage, body: Buffer): string | undefined {
  const { headers } = request;
  const found = SCHEME.exec(headers.authorization ?? '');
  if (!found) return 'AccessDenied';
  const [, accessKey, day = '', region = '', names = '', signature = ''] = found;
  if (accessKey !== ACCESS_KEY) return 'InvalidAccessKeyId';
  if (region !== REGION) return 'AuthorizationHeaderMalformed';
  const date = String(headers['x-amz-date']);
  const isoDate = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  if (!(Math.abs(Date.now() - Date.parse(isoDate)) < MAX_SKEW_MS)) return 'RequestTimeTooSkewed';
  const payload = String(headers['x-amz-content-sha256']);
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256(body)) {
    return 'XAmzContentSHA256Mismatch';
  }
  if (!names.split(';').includes('host')) return 'AccessDenied';
  const wanted = Buffer.from(signatureOf(request, { day, region, names, date, payload }));
  const given = Buffer.from(signature);
  return timingSafeEqual(wanted, given) ? undefined : 'SignatureDoesNotMatch';
}

function signatureOf(
  { method = '', url = '', headers }: IncomingMessage,
  {
    day,
    region,
    names,
    date,
    payload,
  }: Record<'day' | 'region' | 'names' | 'date' | 'payload', string>,
): string {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const escape = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  const query = [...searchParams]
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .toSorted()
    .join('&');
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, pathname, query, lines.join(''), names, payload].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(Buffer.from(canonical))].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${SECRET_KEY}`,
  );
  return hmac(key, text).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
