/** Who a connection comes from, as far as limits go: one IPv4 address, or one IPv6 /64, which a single host may own. */

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** `address` is as the system prints it; zone indices (`%eth0`) are ignored. */
export function sourceKey(address: string): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  return `${expand(address.split('%')[0] ?? '')
    .slice(0, 4)
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address, `::` filled with zeros, leading zeros dropped. */
function expand(address: string): string[] {
  const [before = '', after] = address.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return [...head, ...Array<string>(zeros).fill('0'), ...tail].map((group) =>
    group.replace(/^0+(?=.)/, '').toLowerCase(),
  );
}
