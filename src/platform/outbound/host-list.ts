/**
 * Whether a list has a URL's host: `example.com` at the scheme's own port, `example.com:8443` at that,
 * `*.example.com` any name below it.
 */
export function listsHost(hosts: readonly string[], { hostname, port }: URL): boolean {
  return hosts.some((entry) => {
    const [, name = '', ownPort = ''] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (ownPort !== port) return false;
    return name.startsWith('*.') ? hostname.endsWith(name.slice(1)) : hostname === name;
  });
}
