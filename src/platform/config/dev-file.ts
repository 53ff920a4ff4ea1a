import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './make-directory.js';
import { writeOnce } from './write-once.js';

/**
 * What a development machine makes once and keeps as a file (mode 0600) of its data directory; two first
 * starts at once agree on one. A damaged file is not silently replaced: what depends on it would be lost.
 * @throws Error when it is damaged
 */
export function keptInFile<T extends Record<keyof T, string>>(
  { dataDirectory, file, fields }: { dataDirectory: string; file: string; fields: (keyof T)[] },
  make: () => T,
): { kept: T; isNew: boolean } {
  makeDirectory(dataDirectory);
  const path = join(dataDirectory, file);
  const existing = read(path, fields);
  if (existing) return { kept: existing, isNew: false };
  const fresh = make();
  const isNew = writeOnce(path, JSON.stringify(fresh, null, 2));
  return { kept: read(path, fields) ?? fresh, isNew };
}

function read<T extends Record<keyof T, string>>(path: string, fields: (keyof T)[]): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const found = JSON.parse(text) as Partial<T>;
    if (fields.every((field) => found[field])) return found as T;
  } catch {
    // Falls through to the sentence below.
  }
  throw new Error(`${path} is damaged: restore it, or delete it to have a new one made`);
}
