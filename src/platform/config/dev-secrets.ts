import { randomBytes } from 'node:crypto';
import { keptInFile } from './dev-file.js';

export interface DevSecrets {
  jwtSecret: string;
  encryptionKeys: string;
}

const FILE = 'dev-secrets.json';
const FIELDS: (keyof DevSecrets)[] = ['jwtSecret', 'encryptionKeys'];

/**
 * The secrets of a development machine, kept so that sessions and encrypted rows outlive a restart. Never
 * used in production.
 */
export function loadDevSecrets(dataDirectory: string): DevSecrets & { generated: boolean } {
  const { kept, isNew } = keptInFile<DevSecrets>(
    { dataDirectory, file: FILE, fields: FIELDS },
    () => ({
      jwtSecret: randomBytes(32).toString('base64url'),
      encryptionKeys: `dev:${randomBytes(32).toString('base64')}`,
    }),
  );
  return { ...kept, generated: isNew };
}
