/** A bank's number as it is compared: letters and digits alone; empty when there are none. */
export function plainReference(reference: string): string {
  return reference
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase();
}
