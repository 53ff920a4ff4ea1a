import { applyDecorators, type ExecutionContext, SetMetadata } from '@nestjs/common';

const ACCOUNT_TRIES = 'account-tries';

/**
 * Which tries count. `refused`: who signs in with the right password is never slowed, while tries
 * that still run count, so that parallel guesses gain nothing. `all`: where an answer tells nothing
 * and does something, such as sending an e-mail.
 */
export type CountedTries = 'refused' | 'all';

/** Limits the tries at one account, named in the body or signed in: per address, and in total. */
export const LimitAccountTries = (counted: CountedTries = 'refused'): MethodDecorator =>
  applyDecorators(SetMetadata(ACCOUNT_TRIES, counted));

export function countedTries(context: ExecutionContext): CountedTries | undefined {
  return Reflect.getMetadata(ACCOUNT_TRIES, context.getHandler()) as CountedTries | undefined;
}
