import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiExtension,
  ApiExtraModels,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { type ErrorCode } from './app-error.js';
import { MAX_FILES } from './files-body.js';

interface Documented {
  /** One line: what the route does. */
  summary: string;
  description?: string;
  /** Failures of this route's own; those of its access mark, body and limits are added by rule. */
  errors?: ErrorCode[];
}

interface Answering {
  status?: 200 | 201;
  /** What else stands in the envelope. */
  beside?: Record<string, Type>;
}

/** Documents a route that answers one `model` in the envelope. */
export function ApiAnswer(model: Type, docs: Documented & Answering): MethodDecorator {
  return documented(model, { $ref: getSchemaPath(model) }, docs);
}

/** Documents a route that answers an array of `model` in the envelope, without pages. */
export function ApiList(
  model: Type,
  docs: Documented & Pick<Answering, 'status'>,
): MethodDecorator {
  return documented(model, { type: 'array', items: { $ref: getSchemaPath(model) } }, docs);
}

/** Documents a route that answers one page of `model`, with `meta.nextCursor`. */
export function ApiPage(model: Type, docs: Documented): MethodDecorator {
  const meta = {
    type: 'object',
    required: ['nextCursor'],
    properties: {
      nextCursor: {
        type: 'string',
        nullable: true,
        description: 'Pass as `cursor` for the next page; null on the last.',
      },
    },
  };
  const data = { type: 'array', items: { $ref: getSchemaPath(model) } };
  return documented(
    model,
    data,
    { ...docs, errors: [...(docs.errors ?? []), 'invalid_cursor'] },
    meta,
  );
}

/** Documents a route that takes a CSV file as its body. */
export function ApiCsvBody(example: string): MethodDecorator {
  const schema = { type: 'string', format: 'binary', example } as const;
  return applyDecorators(ApiConsumes('text/csv'), ApiBody({ required: true, schema }));
}

/** Documents a route that takes files as the parts of its body. */
export function ApiFilesBody(): MethodDecorator {
  const files = { type: 'array', items: { type: 'string', format: 'binary' }, maxItems: MAX_FILES };
  const schema = { type: 'object', required: ['files'], properties: { files } } as const;
  return applyDecorators(
    ApiConsumes('multipart/form-data'),
    ApiBody({ required: true, schema: schema as object }),
  );
}

/** Documents a route that answers a CSV file. */
export function ApiCsvAnswer(docs: Documented): MethodDecorator {
  return ApiFileAnswer(['text/csv'], docs);
}

/** Documents a route that answers a file of one of these types. */
export function ApiFileAnswer(
  types: string[],
  { summary, description, errors }: Documented,
): MethodDecorator {
  const schema = { type: 'string', format: 'binary' } as const;
  return applyDecorators(
    ApiOperation({ summary, description }),
    ApiExtension('x-errors', errors ?? []),
    ApiResponse({
      status: 200,
      description: summary,
      content: Object.fromEntries(types.map((type) => [type, { schema }])),
    }),
  );
}

function documented(
  model: Type,
  data: object,
  { summary, description, errors, status = 200, beside = {} }: Documented & Answering,
  meta?: object,
): MethodDecorator {
  const others = Object.entries(beside).map(([name, type]) => [
    name,
    { $ref: getSchemaPath(type) },
  ]);
  return applyDecorators(
    ApiExtraModels(model, ...Object.values(beside)),
    ApiOperation({ summary, description }),
    ApiExtension('x-errors', errors ?? []),
    ApiResponse({
      status,
      description: summary,
      schema: {
        type: 'object',
        required: ['success', 'data', ...Object.keys(beside), ...(meta ? ['meta'] : [])],
        properties: {
          success: { type: 'boolean', enum: [true] },
          data,
          ...Object.fromEntries(others),
          ...(meta ? { meta } : {}),
        },
      } as object,
    }),
  );
}
