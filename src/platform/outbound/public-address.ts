import { BlockList, isIP } from 'node:net';

/** IANA's special-purpose registries: nothing there is a server on the internet. */
const PRIVATE_V4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Of 2000::/3, outside of which nothing is global unicast. Tunnels could lead to a private v4 address. */
const PRIVATE_V6: [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const notPublic = new BlockList();
for (const [net, prefix] of PRIVATE_V4) notPublic.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of PRIVATE_V6) notPublic.addSubnet(net, prefix, 'ipv6');
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is one of the public internet: not ours, not the machine's, not the cloud's. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  // An address with a v4 one inside, such as ::ffff:10.0.0.1, is outside of 2000::/3 as well.
  if (family === 6) return global.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
  return false;
}
