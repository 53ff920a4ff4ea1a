import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './make-directory.js';
import { writeOnce } from './write-once.js';

export interface DevSecrets {
  jwtSecret: string;
  encryptionKeys: string;
}

const FILE = 'dev-secrets.json';

/**
 * The secrets of a development machine, made once under `dataDirectory` (mode 0600) and kept, so
 * that sessions and encrypted rows outlive a restart. Never used in production.
 */
export function loadDevSecrets(dataDirectory: string): DevSecrets & { generated: boolean } {
  makeDirectory(dataDirectory);
  const path = join(dataDirectory, FILE);
  const existing = readSecrets(path);
  if (existing) return { ...existing, generated: false };
  const fresh = {
    jwtSecret: randomBytes(32).toString('base64url'),
    encryptionKeys: `dev:${randomBytes(32).toString('base64')}`,
  };
  const generated = writeOnce(path, JSON.stringify(fresh, null, 2));
  return { ...(readSecrets(path) ?? fresh), generated };
}

function readSecrets(path: string): DevSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { jwtSecret, encryptionKeys } = JSON.parse(text) as Partial<DevSecrets>;
    if (jwtSecret && encryptionKeys) return { jwtSecret, encryptionKeys };
  } catch {
    // Falls through to the sentence below: an unreadable file is not silently replaced, since
    // whatever was encrypted under its keys would be lost.
  }
  throw new Error(`${path} is damaged: restore it, or delete it to have new secrets made`);
}
