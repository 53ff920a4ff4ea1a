import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AccessMark } from './access.decorators.js';
import { ERRORS, type ErrorCode } from './app-error.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  'x-access'?: AccessMark;
  'x-errors'?: ErrorCode[];
};
interface Route {
  path: string;
  method: (typeof METHODS)[number];
}

type Schema = Record<string, unknown>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const FAILURE_REF = '#/components/schemas/Failure';

const DESCRIPTION = `REST API of Cliick: catalogue, orders and one inbox for a small seller's shop.

Every answer is an envelope: \`{ success: true, data, meta? }\`, or
\`{ success: false, error, code, details?, requestId }\`. Sign in with \`POST /api/auth/login\` and send
the token as \`Authorization: Bearer\`, or keep the cookies it sets.

Browsers sign in with Facebook by going to \`GET /api/auth/facebook\` (302 to Facebook's dialog), with
\`?redirect=\` an address in the app, or without it in a popup. \`GET /api/auth/facebook/callback\`
sets the cookies and goes there (303), after a failure with \`#error=<code>\`; or it is a page that
posts \`{ type: 'facebook_signin', ok: true }\` to the app, else \`{ ok: false, code }\`. The code
\`link_required\` comes with a \`handle\` for \`POST /api/auth/facebook/link\`.

Pictures are uploaded as multipart/form-data, or written into a body as data URLs, in whose place the
address of the stored file is answered. The address of a private file (an attachment, a proof) is
signed for minutes: read again what shows it, for a new one.

A shop is connected with a platform in a popup: \`GET .../integrations/:platform/authorize\` answers where
it goes. It ends at \`GET /oauth/:platform/callback\`, a page that posts \`{ type: 'oauth_callback',
platform, code }\`, or \`{ type, platform, error, message }\`, to the page that opened it, and closes;
\`code\` is for \`POST .../integrations/:platform/connect\`.

Requests are limited: 1200 a minute per address (IPv6: per /64) and 600 per signed-in user over all
routes; some storefront routes have a tighter limit of their own. Sign-in, registration, password reset
and linking bear 10 tries in 15 minutes per account and address, 100 per account, 100 per address; only
refused tries count, but each request for an e-mail. Unknown routes and broken bodies count like any
request. Answers tell the tightest limit in
\`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` (seconds); above it they are 429
\`rate_limited\` with \`Retry-After\`. \`/health\` has no limit.

Live updates arrive through Socket.IO at \`/socket.io\` or the raw WebSocket at \`/ws?token=\`: join a
shop with \`shop:join { shopId }\`, then \`message:new\`, \`conversation:update\` and \`order:update\`
follow. Who is taken out of a team hears \`shop:left { shopId, reason }\`; the end of a session is told
by \`session:ended { reason }\` and closes its sockets (code 4401 at \`/ws\`). Every event, with its
shape: [/docs/realtime](/docs/realtime).`;

/** What a domain knows and the docs tell. */
interface DocsTexts {
  /** Markdown below the description. */
  notes: string;
  /** Tells who has the permission that a route of a shop asks for. */
  permissionNote: (permission: string) => string;
  /** Shapes that no route answers, but a socket tells. */
  extraModels: Type[];
}

/**
 * Serves `/docs` and `/docs-json`, made from the routes themselves when somebody first asks: no start
 * waits for them.
 */
export function serveDocs(app: INestApplication, texts: DocsTexts): () => OpenAPIObject {
  let document: OpenAPIObject | undefined;
  const made = (): OpenAPIObject => (document ??= makeDocument(app, texts));
  SwaggerModule.setup('docs', app, made, {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Cliick API',
    // A page of sections, with a field to find one: the routes are too many to show them all at once.
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none', filter: true },
  });
  return made;
}

function makeDocument(
  app: INestApplication,
  { notes, permissionNote, extraModels }: DocsTexts,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Cliick API')
    .setDescription(`${DESCRIPTION}\n\n${notes}`)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addCookieAuth('access_token', { type: 'apiKey', in: 'cookie' }, 'access_token')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels,
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}_${method}`,
  });
  complete(document, permissionNote);
  return document;
}

/** Adds to each operation what follows by rule: its permission, path's ids, and possible failures. */
function complete(document: OpenAPIObject, permissionNote: DocsTexts['permissionNote']): void {
  document.components ??= {};
  document.components.schemas ??= {};
  document.components.schemas['Failure'] = failureSchema() as never;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (!operation) continue;
      describePathParameters(path, operation);
      const access = operation['x-access'];
      if (access?.kind === 'shop') {
        const texts = [operation.description, permissionNote(access.permission)];
        operation.description = texts.filter(Boolean).join('\n\n');
      }
      addErrors({ path, method }, operation);
    }
  }
}

function describePathParameters(path: string, operation: Operation): void {
  const parameters = (operation.parameters ??= []) as { name: string; description?: string }[];
  for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) {
    const known = parameters.find((parameter) => parameter.name === name);
    if (known?.description) continue;
    const byRule = {
      name,
      in: 'path',
      required: true,
      description: `Id of the ${name.replace(/Id$/, '')}.`,
      schema: { type: 'string' },
      example: '6741c0c0a5f2d13b8c9e0002',
    };
    if (known) Object.assign(known, byRule);
    else parameters.unshift(byRule);
  }
}

function addErrors(route: Route, operation: Operation): void {
  for (const code of new Set([
    ...codesByRule(route, operation),
    ...(operation['x-errors'] ?? []),
  ])) {
    const status = ERRORS[code].status;
    const known = operation.responses[status] as { content?: Record<string, Schema> } | undefined;
    const examples = (known?.content?.['application/json']?.['examples'] ?? {}) as Schema;
    operation.responses[status] = {
      description: known ? 'One of the codes in the examples.' : `\`${code}\``,
      content: {
        'application/json': {
          schema: { $ref: FAILURE_REF },
          examples: { ...examples, [code]: { value: failureExample(code) } },
        },
      },
    } as never;
  }
}

function codesByRule({ path, method }: Route, operation: Operation): ErrorCode[] {
  const codes: ErrorCode[] = ['rate_limited', 'internal_error', 'database_unavailable'];
  const access = operation['x-access'];
  if (access && access.kind !== 'public') {
    codes.push('unauthenticated');
    if (method !== 'get' && access.kind !== 'operator') codes.push('cross_site');
  }
  if (access?.kind === 'shop') codes.push('forbidden', 'not_found');
  if (/\{\w+\}/.test(path)) codes.push('not_found');
  const hasQuery = operation.parameters?.some(
    (parameter) => 'in' in parameter && parameter.in === 'query',
  );
  if (operation.requestBody || hasQuery) codes.push('validation_failed');
  if (operation.requestBody) {
    codes.push('malformed_body', 'payload_too_large', 'unsupported_media_type');
  }
  if (operation.parameters?.some((one) => 'name' in one && one.name === 'Idempotency-Key')) {
    codes.push('validation_failed', 'idempotency_key_reused', 'idempotency_in_progress');
  }
  return codes;
}

function failureSchema(): Schema {
  return {
    type: 'object',
    required: ['success', 'error', 'code', 'requestId'],
    properties: {
      success: { type: 'boolean', enum: [false] },
      error: { type: 'string', description: 'A sentence a person can act on.' },
      code: { type: 'string', enum: Object.keys(ERRORS), description: 'For programs.' },
      details: {
        type: 'array',
        description: 'What is wrong, field by field.',
        items: {
          type: 'object',
          required: ['field', 'message'],
          properties: { field: { type: 'string' }, message: { type: 'string' } },
        },
      },
      data: {
        type: 'object',
        description:
          'What the caller needs to go on: with `conversation_moved_on` its new `messages`, as far ' +
          'as they are stored, and its `messageCount`.',
        additionalProperties: true,
      },
      requestId: { type: 'string', description: 'Names the request in our logs.' },
    },
  };
}

function failureExample(code: ErrorCode): Schema {
  const details = [
    { field: 'name', message: 'name must be shorter than or equal to 100 characters' },
  ];
  return {
    success: false,
    error: ERRORS[code].example,
    code,
    ...(code === 'validation_failed' ? { details } : {}),
    requestId: '0b9f6d0e-6a86-4c38-9c1b-8d2f1f1e4a55',
  };
}
