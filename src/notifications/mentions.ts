const MAX_MENTIONS = 20;
/** As usernames are made; not the second half of an e-mail address. */
const MENTION = /(?<![\w.@-])@([A-Za-z0-9_-]{3,20})(?![A-Za-z0-9_-])/g;

/** The usernames that a note mentions, in lower case, each once. */
export function mentionsIn(text: string): string[] {
  const names = [...text.matchAll(MENTION)].map(([, name = '']) => name.toLowerCase());
  return [...new Set(names)].slice(0, MAX_MENTIONS);
}
