type Json = Record<string, unknown>;

/** Keywords that hold one schema, a list of them, or one for each name. */
const HOLDERS = new Set(['items', 'additionalProperties', 'not', 'allOf', 'anyOf', 'oneOf']);
const MAPS = new Set(['properties', 'patternProperties']);

/** Keywords by which other schemas would refuse null. */
const COMBINERS = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not'];

const BOUNDS = [
  ['minimum', 'exclusiveMinimum'],
  ['maximum', 'exclusiveMaximum'],
] as const;

/**
 * A schema of OpenAPI 3.0 as JSON Schema (draft 07), which AsyncAPI is written in: it knows no
 * `nullable`, no `example`, and bounds that are excluded are numbers.
 */
export function toJsonSchema(schema: object): Json {
  const { nullable, example, ...rest } = mapSchemas(schema);
  const plain = withReferenceAlone(withBounds(rest));
  const annotated = example === undefined ? plain : { ...plain, examples: [example] };
  return nullable === true ? orNull(annotated) : annotated;
}

/** Only what the schemas of `from` lead to, as JSON Schema. */
export function reachableSchemas(from: unknown, schemas: Json): Json {
  const reached = new Map<string, Json>();
  const waiting = referencesIn(from);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const schema = schemas[name];
    if (reached.has(name) || typeof schema !== 'object' || schema === null) continue;
    const converted = toJsonSchema(schema);
    reached.set(name, converted);
    waiting.push(...referencesIn(converted));
  }
  return Object.fromEntries([...reached].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Values, as in `enum`, and fields that have the name of a keyword stay as they are. */
function mapSchemas(schema: object): Json {
  const entries = Object.entries(schema).map(([key, value]) => {
    if (MAPS.has(key)) return [key, mapValues(value as Json)];
    return [key, HOLDERS.has(key) ? convert(value) : value];
  });
  return Object.fromEntries(entries) as Json;
}

function mapValues(schemas: Json): Json {
  return Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, convert(each)]));
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  return typeof value === 'object' && value !== null ? toJsonSchema(value) : value;
}

function withBounds(schema: Json): Json {
  const copy = { ...schema };
  for (const [bound, exclusive] of BOUNDS) {
    if (typeof copy[exclusive] !== 'boolean') continue;
    if (copy[exclusive] && bound in copy) {
      copy[exclusive] = copy[bound];
      delete copy[bound];
    } else {
      delete copy[exclusive];
    }
  }
  return copy;
}

/** What stands beside a reference would be ignored. */
function withReferenceAlone({ $ref, ...rest }: Json): Json {
  if ($ref === undefined) return rest;
  return Object.keys(rest).length === 0 ? { $ref } : { allOf: [{ $ref }], ...rest };
}

/** Null beside what it says: in its own type and list, or else as the other of two schemas. */
function orNull(schema: Json): Json {
  const { type, enum: values } = schema;
  if (COMBINERS.some((keyword) => keyword in schema)) return eitherNull(schema);
  const isListed = Array.isArray(values) && !values.includes(null);
  return {
    ...schema,
    ...(type !== undefined && { type: [...new Set([type, 'null'].flat())] }),
    ...(isListed && { enum: [...(values as unknown[]), null] }),
  };
}

function eitherNull({ description, examples, ...rest }: Json): Json {
  // `allOf` of one is how a reference is written that has something beside it.
  const { allOf, ...others } = rest;
  const isReference = Array.isArray(allOf) && allOf.length === 1 && !Object.keys(others).length;
  return {
    ...(description !== undefined && { description }),
    anyOf: [isReference ? (allOf as unknown[])[0] : rest, { type: 'null' }],
    ...(examples !== undefined && { examples }),
  };
}

function referencesIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string'
      ? [value.split('/').at(-1) ?? '']
      : referencesIn(value),
  );
}
