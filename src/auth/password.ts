import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** argon2id (the library's default) with OWASP's parameters: 19 MiB, two passes; runs on the thread pool. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CURRENT = new RegExp(
  `^\\$argon2id\\$v=19\\$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}\\$`,
);

/** Hash of no one's password: checked when there is no account, so that the time tells nothing. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$Iq0G6Fnd+F8Djcm66zjp2w$zqCLe0jaLq4bT78uYZxteIfkebwmO1yE4iE/nv8O8Us';

/** One core stays free for everybody else's requests, and memory for hashes is bounded. */
const oneOfFew = pLimit(Math.max(1, availableParallelism() - 1));

export function hashPassword(password: string): Promise<string> {
  return oneOfFew(() => hash(password, PARAMETERS));
}

/** Whether `password` is the one behind `passwordHash`; never, but as slowly, without a hash. */
export async function verifyPassword(
  passwordHash: string | undefined,
  password: string,
): Promise<boolean> {
  const matches = await oneOfFew(() => verify(passwordHash ?? NOBODY, password));
  return matches && passwordHash !== undefined;
}

/** Whether the hash was made with other parameters than those of today. */
export function isOutdated(passwordHash: string): boolean {
  return !CURRENT.test(passwordHash);
}
