import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from './operations.js';

type Json = Record<string, any>;

export interface StringField {
  path: string[];
  name: string;
}

/** A place in a body, and what the document says of it. */
export interface BodyNode {
  path: string[];
  schema: Json;
  /** May be left out, or null. */
  optional: boolean;
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

  /** Every place in a body of `schema`: its fields, the items of lists, and theirs. */
  nodesOf(schema: Json, at: string[] = []): BodyNode[] {
    const plain = this.resolve(schema);
    if (plain['type'] === 'array') {
      const path = [...at, '0'];
      const item = { path, schema: this.resolve(plain['items']), optional: false };
      return [item, ...this.nodesOf(plain['items'], path)];
    }
    const fields = Object.entries((plain['properties'] ?? {}) as Json);
    return fields.flatMap(([field, property]: [string, Json]) => {
      const path = [...at, field];
      const optional = property['nullable'] || !plain['required']?.includes(field);
      return [{ path, schema: this.resolve(property), optional }, ...this.nodesOf(property, path)];
    });
  }

  private resolve(schema: Json): Json {
    const [only] = (schema['allOf'] ?? []) as Json[];
    const name = ((schema['$ref'] ?? only?.['$ref']) as string | undefined)?.split('/').at(-1);
    return name ? this.schemas[name] : schema;
  }
}
