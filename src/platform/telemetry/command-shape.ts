import type { CommandStartedEvent } from 'mongodb';

const MAX_DEPTH = 6;

export interface CommandShape {
  command: string;
  collection: string;
  /** The filter or pipeline with each value replaced by its type. */
  shape?: unknown;
}

/** What a command asks, without the values it asks with: those may be personal or secret. */
export function commandShape({
  commandName,
  command,
}: Pick<CommandStartedEvent, 'commandName' | 'command'>): CommandShape {
  const collection = command[commandName];
  const [write] = (command['updates'] ?? command['deletes'] ?? []) as { q?: unknown }[];
  const asked = command['filter'] ?? command['query'] ?? command['pipeline'] ?? write?.q;
  return {
    command: commandName,
    collection: typeof collection === 'string' ? collection : String(command['collection'] ?? ''),
    ...(asked === undefined ? {} : { shape: shapeOf(asked) }),
  };
}

function shapeOf(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return '...';
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0], depth + 1)] : [];
  if (typeof value !== 'object' || value === null) return typeof value;
  const type = Object.getPrototypeOf(value)?.constructor?.name as string | undefined;
  if (type && type !== 'Object') return type;
  const fields = Object.entries(value).map(([name, field]) => [name, shapeOf(field, depth + 1)]);
  return Object.fromEntries(fields);
}
