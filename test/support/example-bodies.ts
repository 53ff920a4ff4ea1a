import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from './operations.js';

type Json = Record<string, any>;

export interface StringField {
  path: string[];
  name: string;
}

/** An object or a list within a body. */
export interface BodyNode {
  path: string[];
  kind: 'object' | 'list';
}

export function bodySchemaOf({ definition }: Operation): Json | undefined {
  return (definition as Json)['requestBody']?.content?.['application/json']?.schema;
}

/** Bodies made of the examples in the document: valid, and as new as the document. */
export class ExampleBodies {
  private readonly schemas: Json;

  constructor({ components }: OpenAPIObject) {
    this.schemas = components?.schemas as Json;
  }

  /** A body of `schema`, and where its strings are. */
  of(schema: Json, at: string[] = []): { value: unknown; strings: StringField[] } {
    const plain = this.resolve(schema);
    if (plain['type'] === 'array') {
      const item = this.of(plain['items'], [...at, '0']);
      return { value: [item.value], strings: item.strings };
    }
    if (plain['properties']) {
      const value: Json = {};
      const strings: StringField[] = [];
      for (const [field, property] of Object.entries(plain['properties'] as Json)) {
        const inner = this.of(property, [...at, field]);
        value[field] = property.example ?? inner.value;
        strings.push(...inner.strings);
      }
      return { value, strings };
    }
    const isString = plain['type'] === 'string';
    return {
      value: plain['example'] ?? plain['enum']?.[0],
      strings: isString ? [{ path: at, name: at.join('.') }] : [],
    };
  }

  /** Where in a body of `schema` objects and lists of objects stand. */
  nodesOf(schema: Json, at: string[] = []): BodyNode[] {
    const plain = this.resolve(schema);
    if (plain['type'] === 'array') {
      const inner = this.nodesOf(plain['items'], [...at, '0']);
      return inner.length > 0 ? [{ path: at, kind: 'list' }, ...inner] : [];
    }
    if (!plain['properties']) return [];
    const fields = Object.entries(plain['properties'] as Json);
    const inner = fields.flatMap(([field, property]) => this.nodesOf(property, [...at, field]));
    return at.length > 0 ? [{ path: at, kind: 'object' }, ...inner] : inner;
  }

  private resolve(schema: Json): Json {
    const [only] = (schema['allOf'] ?? []) as Json[];
    const name = ((schema['$ref'] ?? only?.['$ref']) as string | undefined)?.split('/').at(-1);
    return name ? this.schemas[name] : schema;
  }
}
