/**
 * What this machine lacks for a ground of real clusters, in words for the one who would use it; nothing when the ground
 * can be made. A test run without root or Go leaves the Kubernetes tests out and says so.
 */
import { existsSync } from 'node:fs';
import { CLUSTER_PROGRAMS, programFiles } from './go-programs.ts';
import { run, succeeds } from './run.ts';

/** What is looked for, and the Debian package that has it. */
const DEBIAN = {
  '/usr/bin/containerd': 'containerd',
  '/usr/sbin/runc': 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/usr/sbin/iptables': 'iptables',
  '/usr/sbin/nft': 'nftables',
  '/usr/sbin/conntrack': 'conntrack',
  '/usr/bin/socat': 'socat',
  '/usr/sbin/ethtool': 'ethtool',
  '/usr/bin/mmdebstrap': 'mmdebstrap',
  '/usr/share/doc/busybox-static': 'busybox-static',
  '/usr/bin/nsenter': 'util-linux',
  '/usr/bin/openssl': 'openssl',
  '/usr/bin/tar': 'tar',
  '/usr/sbin/ip': 'iproute2',
} as const;

const GO_MINOR = 26;

export async function missingParts(): Promise<string[]> {
  if (process.platform !== 'linux') return ['Linux, for network namespaces'];
  if (process.getuid?.() !== 0) return ['root, for network namespaces and containers'];
  const names = missingPackages();
  return [
    ...(names.length === 0 ? [] : [`Debian packages: apt-get install ${names.join(' ')}`]),
    ...((await canBuild()) ? [] : [`Go 1.${GO_MINOR} or later, to build Kubernetes`]),
    ...((await canMakeNamespaces()) ? [] : ['the right to make namespaces: root may not, here']),
  ];
}

/** Names of Debian packages. */
export function missingPackages(): string[] {
  const absent = Object.entries(DEBIAN).filter(([file]) => !existsSync(inOldPlaceToo(file)));
  return absent.map(([, name]) => name);
}

/** On a machine whose /bin and /sbin are folders of their own, some of these are there. */
function inOldPlaceToo(file: string): string {
  const old = file.replace(/^\/usr(?=\/s?bin\/)/, '');
  return existsSync(file) ? file : old;
}

/** What is built needs no Go any more. */
async function canBuild(): Promise<boolean> {
  const files = Object.values(await programFiles(CLUSTER_PROGRAMS));
  if (files.every((file) => existsSync(file))) return true;
  const version = await run(['go', 'env', 'GOVERSION']).catch(() => '');
  return Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0) >= GO_MINOR;
}

function canMakeNamespaces(): Promise<boolean> {
  return succeeds(['unshare', '--net', '--mount', '--pid', '--fork', 'true']);
}
