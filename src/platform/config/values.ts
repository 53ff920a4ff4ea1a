export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Of a variable that names several, comma separated. */
export function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}
