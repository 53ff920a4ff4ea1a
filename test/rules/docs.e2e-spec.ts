import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { type Operation, readDocument, readOperations } from '../support/operations.js';

type Json = Record<string, any>;

let app: TestApp;
let document: OpenAPIObject;
let operations: Operation[];

beforeAll(async () => {
  app = await createTestApp();
  document = await readDocument(app);
  operations = await readOperations(app);
});

afterAll(() => app.close());

/** Names of the operations for which `check` finds something missing, with what it is. */
function missing(check: (definition: Json, operation: Operation) => string[]): string[] {
  return operations.flatMap((operation) =>
    check(operation.definition as Json, operation).map((what) => `${operation.name}: ${what}`),
  );
}

function resolve(schema: Json): Json {
  const name = (schema['$ref'] as string | undefined)?.split('/').at(-1);
  return name ? (document.components!.schemas![name] as Json) : schema;
}

describe('the docs', () => {
  it('serve a page and the document', async () => {
    const page = await app.request.get('/docs/').expect(200);
    expect(page.text).toContain('swagger-ui');
    expect(document.openapi).toMatch(/^3\./);
    expect(document.info.description).toContain('| `products:write` | manager |');
  });

  it('give every route a summary, a tag and its access', () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(
      missing(({ summary, tags, security }, { access }) => [
        ...(summary?.length > 5 ? [] : ['summary']),
        ...(tags?.length === 1 ? [] : ['tag']),
        ...(access ? [] : ['x-access']),
        ...(access?.kind === 'public' || security?.length > 0 ? [] : ['security']),
      ]),
    ).toEqual([]);
  });

  it('describe every parameter, with an example', () => {
    expect(
      missing(({ parameters = [] }, { path }) => {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
        const named = (parameters as Json[]).map(({ name }) => name);
        return [
          ...inPath.filter((name) => !named.includes(name)),
          ...(parameters as Json[])
            .filter(({ description, example, schema }) => {
              return !description || (example === undefined && schema?.example === undefined);
            })
            .map(({ name }) => `parameter ${name}`),
        ];
      }),
    ).toEqual([]);
  });

  it('give every route a typed success envelope', () => {
    expect(
      missing(({ responses }) => {
        const success = Object.keys(responses).filter((status) => status.startsWith('2'));
        if (success.length !== 1) return [`success answers: ${success.join()}`];
        const { content } = responses[success[0]!];
        // A file has no envelope.
        const types = Object.values((content ?? {}) as Json);
        if (types.every(({ schema: one }) => one?.format === 'binary')) return [];
        const schema = content?.['application/json']?.schema;
        const { success: flag, data } = schema?.properties ?? {};
        const item = data?.items ?? data;
        return [
          ...(flag?.enum?.[0] === true ? [] : ['success: true']),
          ...(item?.$ref || item?.properties ? [] : ['data schema']),
        ];
      }),
    ).toEqual([]);
  });

  it('give every route its failures, each with the schema and an example of its code', () => {
    const expected = (definition: Json, { access, path }: Operation): number[] => [
      429,
      500,
      503,
      ...(access?.kind === 'public' ? [] : [401]),
      ...(access?.kind === 'shop' ? [403, 404] : []),
      ...(path.includes('{') ? [404] : []),
      ...(definition['requestBody'] ? [400, 413, 415] : []),
    ];
    expect(
      missing((definition, operation) => [
        ...expected(definition, operation)
          .filter((status) => !definition['responses'][status])
          .map(String),
        ...Object.entries(definition['responses'] as Json)
          .filter(([status]) => Number(status) >= 400)
          .filter(([, { content }]) => {
            const { schema, examples } = content?.['application/json'] ?? {};
            const codes = Object.entries((examples ?? {}) as Json);
            return (
              schema?.$ref !== '#/components/schemas/Failure' ||
              codes.length === 0 ||
              codes.some(([code, { value }]) => value.code !== code || value.success !== false)
            );
          })
          .map(([status]) => `example of ${status}`),
      ]),
    ).toEqual([]);
  });

  it('give every field of every body and answer a type and an example or a schema', () => {
    const bare: string[] = [];
    for (const [name, schema] of Object.entries(document.components!.schemas as Json)) {
      if (name === 'Failure') continue;
      for (const [field, property] of Object.entries((schema.properties ?? {}) as Json)) {
        const nested = property.$ref ?? property.allOf ?? property.oneOf ?? property.items?.$ref;
        const described = property.type && (property.example !== undefined || property.enum);
        if (!nested && !described) bare.push(`${name}.${field}`);
      }
    }
    expect(bare).toEqual([]);
  });

  it('bound every string and array that a body may carry', () => {
    const unbounded = new Set<string>();
    const walk = (schema: Json, at: string, depth: number): void => {
      const plain = resolve(schema.allOf?.[0] ?? schema);
      if (depth > 6) return;
      if (plain.type === 'string') {
        const bounded = plain.maxLength ?? plain.enum ?? plain.pattern ?? plain.format;
        if (bounded === undefined) unbounded.add(at);
      }
      if (plain.type === 'array') {
        if (plain.maxItems === undefined) unbounded.add(at);
        walk(plain.items, `${at}[]`, depth + 1);
      }
      for (const [field, property] of Object.entries((plain.properties ?? {}) as Json)) {
        walk(property, `${at}.${field}`, depth + 1);
      }
    };
    for (const { name, definition } of operations) {
      const body = (definition as Json)['requestBody']?.content?.['application/json']?.schema;
      if (body) walk(body, name, 0);
    }
    expect([...unbounded]).toEqual([]);
  });

  it('answer what they say: a real answer has just the fields of its schema', async () => {
    const account = { email: 'docs@example.com', password: 'a long pass phrase', username: 'docs' };
    const { body } = await app.request.post('/api/auth/register').send(account).expect(201);
    const schema = resolve({ $ref: '#/components/schemas/SignInResponse' });
    expect(Object.keys(schema['properties'])).toEqual(
      expect.arrayContaining(Object.keys(body.data)),
    );
    expect(Object.keys(body.data)).toEqual(expect.arrayContaining(schema['required']));
    const user = resolve({ $ref: '#/components/schemas/UserResponse' });
    expect(Object.keys(user['properties'])).toEqual(
      expect.arrayContaining(Object.keys(body.data.user)),
    );
    expect(Object.keys(body.data.user)).toEqual(expect.arrayContaining(user['required']));
  });
});
