import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './generated/cliick-api.js';

/** The shapes of bodies and answers, by name: `Schemas['OrderResponse']`. */
export type Schemas = components['schemas'];

export type CliickClient = Client<paths>;

interface ClientOptions {
  /** Where the API is, without `/api`: `https://api.example.com`. */
  baseUrl: string;
  /** The access token at the time of a request; without one the browser's cookies tell who asks. */
  token?: () => string | undefined;
  /** In place of the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A client that knows every route: its path, parameters, body, answer and failures. */
export function createCliickClient({ baseUrl, token, fetch }: ClientOptions): CliickClient {
  const client = createFetchClient<paths>({
    baseUrl,
    credentials: 'include',
    ...(fetch && { fetch }),
  });
  client.use({
    onRequest({ request }) {
      const bearer = token?.();
      if (bearer) request.headers.set('Authorization', `Bearer ${bearer}`);
    },
  });
  return client;
}

/** The API refused: `code` is for programs, `message` a sentence a person can act on. */
export class CliickFailure extends Error {
  constructor(
    readonly status: number,
    /** What the API said; missing when something before it answered, as a proxy does. */
    readonly answer?: Schemas['Failure'],
  ) {
    super(answer?.error ?? `The server answered ${status}: try again later.`);
    this.name = 'CliickFailure';
  }

  get code(): Schemas['Failure']['code'] | undefined {
    return this.answer?.code;
  }
}

/** What a call's envelope holds in `data`, or else the `CliickFailure` is thrown. */
export async function dataOf<T>(
  call: Promise<{ data?: { data: T }; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (data) return data.data;
  const isOurs = typeof error === 'object' && error !== null && 'code' in error;
  throw new CliickFailure(response.status, isOurs ? (error as Schemas['Failure']) : undefined);
}
