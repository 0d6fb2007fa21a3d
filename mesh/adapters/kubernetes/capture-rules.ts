/** The packet filter of a pod whose connections are captured, as text for nft. Pure. */
import { isIPv6 } from 'node:net';
import { PORTS } from './installation.ts';
import { SIDECAR_USER } from './pod-parts.ts';

export interface CaptureWish {
  /** `strict`: from outside the pod, TCP is let in through the mesh alone. */
  readonly inbound: 'permissive' | 'strict';
  /** CIDRs: what is called there is captured, and nothing else; empty: everything is. */
  readonly ranges: readonly string[];
  /** CIDRs and ports: what is called there is not captured. */
  readonly excludedRanges: readonly string[];
  readonly excludedPorts: readonly number[];
}

/** From outside the pod: for callers of the mesh, and for the kubelet and Prometheus. */
const OPEN_PORTS = [PORTS.inbound, PORTS.admin];

/** Replaces what an earlier run has set, in one step. */
export function captureRules(wish: CaptureWish): string {
  return [
    'table inet isthmus',
    'delete table inet isthmus',
    'table inet isthmus {',
    ...chain('output', 'type nat hook output priority -100; policy accept;', outputRules(wish)),
    ...(wish.inbound === 'strict'
      ? chain('input', 'type filter hook input priority 0; policy accept;', strictRules())
      : []),
    '}',
    '',
  ].join('\n');
}

function chain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [`  chain ${name} {`, ...[hook, ...rules].map((rule) => `    ${rule}`), '  }'];
}

/** All users but the sidecar's own, which would be sent to itself. */
function outputRules({ ranges, excludedRanges, excludedPorts }: CaptureWish): readonly string[] {
  const to = `meta l4proto tcp redirect to :${PORTS.capture}`;
  return [
    'oifname "lo" return',
    `meta skuid ${SIDECAR_USER} return`,
    ...(excludedPorts.length === 0 ? [] : [`tcp dport { ${[...new Set(excludedPorts)].join(', ')} } return`]),
    ...excludedRanges.map((range) => `${destination(range)} return`),
    ...(ranges.length === 0 ? [to] : ranges.map((range) => `${destination(range)} ${to}`)),
  ];
}

function destination(range: string): string {
  return `${isIPv6(range.split('/', 1)[0] ?? '') ? 'ip6' : 'ip'} daddr ${range}`;
}

/** What the pod itself has called, and what its containers call of each other, comes in as ever. */
function strictRules(): readonly string[] {
  return [
    'iifname "lo" accept',
    'ct state established,related accept',
    `tcp dport { ${OPEN_PORTS.join(', ')} } accept`,
    'meta l4proto tcp reject with tcp reset',
  ];
}
