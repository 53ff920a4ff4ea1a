import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { AppError, type FieldError } from './app-error.js';

type DtoClass = abstract new (...args: never[]) => unknown;

/** What a DTO says of a field, as far as it must be known before anything is made of a body. */
interface FieldRule {
  maxItems?: number;
  nested?: { dto: DtoClass; isList: boolean };
}

const rules = new Map<DtoClass, Map<string, FieldRule>>();

/**
 * A body without the fields that its DTO does not know. They are dropped later anyway, but by then
 * the library has made objects of them, in a time that grows with the square of their number.
 */
export function knownFields(value: unknown, dto: unknown): unknown {
  const known = isDto(dto) ? rulesOf(dto) : undefined;
  if (!known || known.size === 0 || !isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field]) => known.has(field)));
}

/**
 * Refuses lists that are too long before each of their items is looked at, and what is no object
 * where a DTO has one: the library would go through a list there, and find nothing wrong in `[]`.
 * @throws AppError `validation_failed` naming them
 */
export function requireShape(value: unknown, dto: unknown): void {
  if (!isDto(dto) || !isPlainObject(value)) return;
  const errors = [...misshapenFields(value, dto, '')];
  if (errors.length > 0) throw AppError.validation(errors);
}

function* misshapenFields(
  object: Record<string, unknown>,
  dto: DtoClass,
  prefix: string,
): Generator<FieldError> {
  for (const [name, { maxItems = Infinity, nested }] of rulesOf(dto)) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    const field = `${prefix}${name}`;
    // Whether it may be left out is the field's own rule.
    if (value === undefined || value === null) continue;
    if (Array.isArray(value) && value.length > maxItems) {
      yield { field, message: `${field} must contain no more than ${maxItems} elements` };
    } else if (nested?.isList) yield* misshapenList(value, nested.dto, field);
    else if (nested) yield* misshapenObject(value, nested.dto, field);
  }
}

function* misshapenList(list: unknown, dto: DtoClass, field: string): Generator<FieldError> {
  if (!Array.isArray(list)) yield { field, message: `${field} must be an array` };
  else for (const [at, item] of list.entries()) yield* misshapenObject(item, dto, `${field}.${at}`);
}

function* misshapenObject(value: unknown, dto: DtoClass, field: string): Generator<FieldError> {
  if (isPlainObject(value)) yield* misshapenFields(value, dto, `${field}.`);
  else yield { field, message: `${field} must be an object` };
}

function rulesOf(dto: DtoClass): Map<string, FieldRule> {
  const kept = rules.get(dto);
  if (kept) return kept;
  const made = new Map<string, FieldRule>();
  for (const one of getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false)) {
    const rule = made.get(one.propertyName) ?? {};
    if (one.name === 'arrayMaxSize') rule.maxItems = Number(one.constraints[0]);
    if (one.type === ValidationTypes.NESTED_VALIDATION) {
      rule.nested = { dto: nestedDto(dto, one.propertyName), isList: one.each };
    }
    made.set(one.propertyName, rule);
  }
  rules.set(dto, made);
  return made;
}

/** What the field's `@Type` names; the library keeps it to itself, but makes one of an object. */
function nestedDto(dto: DtoClass, field: string): DtoClass {
  const made = plainToInstance(dto as new () => Record<string, object>, { [field]: {} });
  return made[field]!.constructor as DtoClass;
}

function isDto(dto: unknown): dto is DtoClass {
  return typeof dto === 'function' && dto !== Object && dto !== Array && dto !== String;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
