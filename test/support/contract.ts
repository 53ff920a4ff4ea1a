import type { OpenAPIObject } from '@nestjs/swagger';
import { asyncApiDocument } from '../../src/realtime/async-api.js';
import { Ajv, type ValidateFunction } from 'ajv';

type Json = Record<string, any>;

/** What the OpenAPI document says, compiled: made once for all applications of a test process. */
export class Contract {
  readonly ajv = new Ajv({ strict: false, validateFormats: false });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly events: Json;
  private readonly routes: { pattern: RegExp; path: string; item: Json }[];

  constructor(document: OpenAPIObject) {
    const strict = forbidOtherFields(structuredClone(document)) as Json;
    this.ajv.addSchema(strict, 'api');
    const server = { host: 'localhost', protocol: 'ws' } as const;
    this.events = forbidOtherFields(asyncApiDocument(document, server)) as Json;
    this.ajv.addSchema(this.events, 'realtime');
    this.routes = Object.entries(document.paths)
      .map(([path, item]) => ({
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
        path,
        item: item as Json,
      }))
      // A literal path wins over one with a parameter in its place.
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  }

  routeOf(path: string): { path: string; item: Json } | undefined {
    return this.routes.find(({ pattern }) => pattern.test(path));
  }

  /** The documented shapes of the events that the server sends under a name, to whomever. */
  eventsNamed(name: string): { key: string; validate: ValidateFunction }[] {
    const messages = this.events['channels'].shop.messages as Json;
    return Object.keys(messages)
      .filter((key) => key.startsWith('server.') && messages[key].name === name)
      .map((key) => ({ key, validate: this.payloadOf(key) }));
  }

  private payloadOf(key: string): ValidateFunction {
    const known = this.validators.get(key);
    if (known) return known;
    const pointer = `realtime#/channels/shop/messages/${encodeURIComponent(key)}/payload`;
    const validate = this.ajv.compile({ $ref: pointer });
    this.validators.set(key, validate);
    return validate;
  }

  validatorOf(
    name: string,
    path: string,
    { method, status }: { method: string; status: number },
  ): ValidateFunction {
    const known = this.validators.get(name);
    if (known) return known;
    const pointer = [
      'paths',
      path,
      method,
      'responses',
      status,
      'content',
      'application/json',
      'schema',
    ];
    const escaped = pointer.map((part) => encodeURIComponent(escapePointer(String(part))));
    const validate = this.ajv.compile({ $ref: `api#/${escaped.join('/')}` });
    this.validators.set(name, validate);
    return validate;
  }
}

/** Holds every answer of an application against what the document says of its route. */
export class ContractCheck {
  private readonly broken = new Set<string>();

  constructor(private readonly contract: Contract) {}

  answer(method: string, url: string, status: number, body: unknown): void {
    const path = url.split('?')[0]!;
    const route = this.contract.routeOf(path);
    const operation = route?.item[method] as Json | undefined;
    if (!route || !operation) return;
    const name = `${method.toUpperCase()} ${route.path} ${status}`;
    const known = operation['responses'][status] as Json | undefined;
    if (!known) {
      this.broken.add(`${name}: not documented, answered ${JSON.stringify(body).slice(0, 200)}`);
      return;
    }
    // "You have it already" has no body.
    if (status === 304) return;
    // Nor has a file an envelope.
    if (isFile(known)) return;
    const content = known['content']?.['application/json'];
    const { code } = (body ?? {}) as { code?: string };
    if (status >= 400 && !content.examples[code ?? '']) {
      this.broken.add(`${name}: the code ${code} is not documented`);
    }
    const validate = this.contract.validatorOf(name, route.path, { method, status });
    if (!validate(body)) {
      this.broken.add(`${name}: ${this.contract.ajv.errorsText(validate.errors?.slice(0, 3))}`);
    }
  }

  /** What a socket has heard: one of the events of that name must be it. */
  event(name: string, data: unknown): void {
    const documented = this.contract.eventsNamed(name);
    if (documented.some(({ validate }) => validate(data))) return;
    const keys = documented.map(({ key }) => key).join();
    const text = JSON.stringify(data)?.slice(0, 200);
    this.broken.add(`event ${name}: not as documented (${keys}): ${text}`);
  }

  /** Fails when an answer was not as documented, naming the route and the field. */
  assertKept(): void {
    if (this.broken.size > 0) throw new Error(`Not as documented: ${[...this.broken].join('\n')}`);
  }
}

function isFile({ content = {} }: Json): boolean {
  return Object.values(content as Json).some(({ schema }) => schema?.format === 'binary');
}

function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What is not documented must not be answered: every object with fields has just these. */
function forbidOtherFields(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forbidOtherFields);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, forbidOtherFields(value)]);
  const copy = Object.fromEntries(entries) as Json;
  // How OpenAPI 3.0 documents are made to say "this object, or null"; JSON Schema says it so.
  if (copy['nullable'] && copy['allOf']) return { anyOf: [{ type: 'null' }, ...copy['allOf']] };
  const isObjectSchema = [copy['type']].flat().includes('object') && copy['properties'];
  if (isObjectSchema && copy['additionalProperties'] === undefined) {
    copy['additionalProperties'] = false;
  }
  return copy;
}
