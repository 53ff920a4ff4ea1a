const MARK = '"data:';
const HEAD = /^data:[a-z]+\/[\w.+-]+;base64,/;

/**
 * A JSON text with another text in the place of each value that is a data URL from its first
 * character to its last. What stands inside a longer text, or is a key, stays.
 */
export function replaceDataUrls(json: string, replacement: (dataUrl: string) => string): string {
  const parts: string[] = [];
  let done = 0;
  for (let at = json.indexOf(MARK); at !== -1; at = json.indexOf(MARK, at + MARK.length)) {
    const end = json.indexOf('"', at + 1);
    const dataUrl = json.slice(at + 1, end);
    // After a backslash the quote is one of a text.
    const isValue =
      json[at - 1] !== '\\' && json[end + 1] !== ':' && HEAD.test(dataUrl.slice(0, 100));
    if (!isValue || dataUrl.includes('\\')) continue;
    parts.push(json.slice(done, at + 1), replacement(dataUrl));
    done = end;
  }
  return parts.join('') + json.slice(done);
}

/** Each once, in the order in which they come. */
export function listDataUrls(json: string): string[] {
  const found = new Set<string>();
  replaceDataUrls(json, (dataUrl) => {
    found.add(dataUrl);
    return dataUrl;
  });
  return [...found];
}
