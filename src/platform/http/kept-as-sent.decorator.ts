import { Transform } from 'class-transformer';

const keptFields = new WeakMap<object, string[]>();

/** Holds a value where nothing that walks through a body can reach it. */
class Sealed {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  static open(value: unknown): unknown {
    return value instanceof Sealed ? value.#value : value;
  }
}

/**
 * The field arrives as it was parsed: the framework would take keys such as `constructor` out.
 * Only for what is kept as text and never looked into by a name that was sent.
 */
export function KeptAsSent(): PropertyDecorator {
  return (prototype, field) => {
    keptFields.set(prototype, [...(keptFields.get(prototype) ?? []), String(field)]);
    Transform(({ obj, key }) => Sealed.open((obj as Record<string, unknown>)[key]))(
      prototype,
      field,
    );
  };
}

/** A body of which nothing that is kept as sent can be changed until its DTO is made. */
export function sealKept(body: unknown, dto: unknown): unknown {
  const fields = typeof dto === 'function' ? keptFields.get(dto.prototype as object) : undefined;
  if (!fields || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const given = Object.entries(body).filter(([field]) => fields.includes(field));
  const sealed = given.map(([field, value]) => [field, new Sealed(value)] as const);
  return { ...body, ...Object.fromEntries(sealed) };
}
