import type { ProviderPayment } from './providers/payment-provider.js';

const views = new WeakMap<object, ProviderPayment>();

/**
 * Keeps what only the payer may see (the client secret) beside an answer and not in it: what
 * remembers the answer, such as an idempotency key, does not remember that.
 */
export function besideOf<T extends object>(response: T, view?: ProviderPayment): T {
  if (view) views.set(response, view);
  return response;
}

export function viewBeside(response: object): ProviderPayment | undefined {
  return views.get(response);
}
