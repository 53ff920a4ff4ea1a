import type { OpenAPIObject } from '@nestjs/swagger';
import type { AccessMark } from '../../src/platform/http/access.decorators.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One route as the OpenAPI document describes it. */
export interface Operation {
  /** `GET /api/shops/{shopId}` */
  name: string;
  method: Method;
  path: string;
  access: AccessMark | undefined;
  definition: Record<string, unknown>;
}

export async function readDocument({ url }: { url: string }): Promise<OpenAPIObject> {
  const response = await fetch(`${url}/docs-json`);
  return (await response.json()) as OpenAPIObject;
}

export async function readOperations(app: { url: string }): Promise<Operation[]> {
  const { paths } = await readDocument(app);
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation['definition']>).map(([method, definition]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method as Method,
      path,
      access: definition['x-access'] as AccessMark | undefined,
      definition,
    })),
  );
}

/** The path with `values` in place of its parameters, and ids of nothing for the others. */
export function fillPath(path: string, values: Record<string, string>): string {
  return path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => values[name] ?? '6741c0c0a5f2d13b8c9e0fff',
  );
}
