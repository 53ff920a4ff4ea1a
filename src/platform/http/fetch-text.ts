export interface FetchedText {
  status: number;
  /** Empty when it was larger than allowed. */
  text: string;
}

/**
 * One request whose answer is bounded in time and size; redirects are answers and not followed, so that
 * nothing is sent to, or believed from, another host.
 * @throws DOMException `TimeoutError` after `timeoutMs`, or what `fetch` throws of a broken connection
 */
export async function fetchText(
  url: string,
  init: Pick<RequestInit, 'method' | 'headers' | 'body'>,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): Promise<FetchedText> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  const response = await fetch(url, { ...init, redirect: 'manual', signal });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels what is still to come.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return { status: response.status, text: '' };
    chunks.push(chunk);
  }
  return { status: response.status, text: Buffer.concat(chunks).toString('utf8') };
}
