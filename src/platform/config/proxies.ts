import { BlockList, isIP } from 'node:net';

/** Ranges that Express knows by name. */
const NAMED = ['loopback', 'linklocal', 'uniquelocal'];
const MAX_HOPS = 20;

/** Whether `TRUST_PROXY` is what Express takes: a number of proxies, or their addresses and ranges. */
export function isProxyList(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) <= MAX_HOPS;
  return text.split(',').every((entry) => isProxy(entry.trim()));
}

function isProxy(entry: string): boolean {
  if (NAMED.includes(entry) || isIP(entry)) return true;
  const [address = '', bits = ''] = entry.split('/');
  if (!/^\d{1,3}$/.test(bits) || entry.split('/').length !== 2) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}
