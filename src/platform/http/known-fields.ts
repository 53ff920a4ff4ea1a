import { getMetadataStorage } from 'class-validator';
import { AppError, type FieldError } from './app-error.js';

type DtoClass = abstract new (...args: never[]) => unknown;

/** What a DTO says of a field, as far as it must be known before anything is made of a body. */
interface FieldRule {
  maxItems?: number;
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
 * Refuses lists that are too long before each of their items is looked at.
 * @throws AppError `validation_failed` naming them
 */
export function requireShortLists(value: unknown, dto: unknown): void {
  if (!isDto(dto) || !isPlainObject(value)) return;
  const errors: FieldError[] = [];
  for (const [field, { maxItems }] of rulesOf(dto)) {
    const list = value[field];
    if (maxItems === undefined || !Array.isArray(list) || list.length <= maxItems) continue;
    errors.push({ field, message: `${field} must contain no more than ${maxItems} elements` });
  }
  if (errors.length > 0) throw AppError.validation(errors);
}

function rulesOf(dto: DtoClass): Map<string, FieldRule> {
  const kept = rules.get(dto);
  if (kept) return kept;
  const made = new Map<string, FieldRule>();
  for (const one of getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false)) {
    const rule = made.get(one.propertyName) ?? {};
    if (one.name === 'arrayMaxSize') rule.maxItems = Number(one.constraints[0]);
    made.set(one.propertyName, rule);
  }
  rules.set(dto, made);
  return made;
}

function isDto(dto: unknown): dto is DtoClass {
  return typeof dto === 'function' && dto !== Object && dto !== Array && dto !== String;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
