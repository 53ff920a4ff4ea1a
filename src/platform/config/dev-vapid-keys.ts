import { createECDH } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './make-directory.js';
import { writeOnce } from './write-once.js';

/** The keys by which push services know this server; base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

const FILE = 'dev-vapid.json';

/**
 * The VAPID keys of a development machine, made once under `dataDirectory` and kept: with other keys
 * every browser would have to subscribe anew. Never used in production.
 */
export function loadDevVapidKeys(dataDirectory: string): VapidKeys {
  makeDirectory(dataDirectory);
  const path = join(dataDirectory, FILE);
  const existing = readKeys(path);
  if (existing) return existing;
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys().toString('base64url');
  // A private key may be shorter by leading zeros, which are part of it.
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32);
  const fresh = { publicKey, privateKey: privateKey.toString('base64url') };
  writeOnce(path, JSON.stringify(fresh, null, 2));
  return readKeys(path) ?? fresh;
}

function readKeys(path: string): VapidKeys | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { publicKey, privateKey } = JSON.parse(text) as Partial<VapidKeys>;
    if (publicKey && privateKey) return { publicKey, privateKey };
  } catch {
    // Falls through: what browsers have subscribed with is not silently replaced.
  }
  throw new Error(`${path} is damaged: restore it, or delete it to have new keys made`);
}
