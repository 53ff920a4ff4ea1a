import { readEmail } from '../../platform/http/email-address.js';

/** What we take of a Facebook profile. */
export interface FacebookPerson {
  id: string;
  /** Empty when there is none. */
  name: string;
  /** In its normal form; undefined when the person did not give it, or has none. */
  email?: string;
  photoUrl?: string;
}

const ID = /^\d{1,32}$/;
const MAX_PHOTO_URL_CHARACTERS = 2_000;

/** A person from the answer of `GET /me`; undefined when it names none. */
export function readPerson(answer: unknown): FacebookPerson | undefined {
  const { id, name, email, picture } = (answer ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  return {
    id,
    name: typeof name === 'string' ? name : '',
    email: typeof email === 'string' ? readEmail(email) : undefined,
    photoUrl: photoOf(picture),
  };
}

function photoOf(picture: unknown): string | undefined {
  const { url } = (picture as { data?: { url?: unknown } } | undefined)?.data ?? {};
  if (typeof url !== 'string' || url.length > MAX_PHOTO_URL_CHARACTERS) return undefined;
  return url.startsWith('https://') && URL.canParse(url) ? url : undefined;
}
