import { createECDH } from 'node:crypto';
import { keptInFile } from './dev-file.js';

/** The keys by which push services know this server; base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

const FILE = 'dev-vapid.json';
const FIELDS: (keyof VapidKeys)[] = ['publicKey', 'privateKey'];

/**
 * The VAPID keys of a development machine, kept since with others every browser would have to subscribe
 * anew. Never used in production.
 */
export function loadDevVapidKeys(dataDirectory: string): VapidKeys {
  return keptInFile({ dataDirectory, file: FILE, fields: FIELDS }, makeVapidKeys).kept;
}

function makeVapidKeys(): VapidKeys {
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys().toString('base64url');
  // A private key may be shorter by leading zeros, which are part of it.
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32);
  return { publicKey, privateKey: privateKey.toString('base64url') };
}
