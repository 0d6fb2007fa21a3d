import { describe, expect, it } from 'vitest';
import { captureRules, type CaptureWish } from './capture-rules.ts';

const PERMISSIVE: CaptureWish = { inbound: 'permissive', ranges: [], excludedRanges: [], excludedPorts: [] };

describe('the packet filter of a captured pod', () => {
  it('redirects TCP of all users but the sidecar, loopback aside, and lets everything in', () => {
    expect(captureRules(PERMISSIVE)).toBe(
      `table inet isthmus
delete table inet isthmus
table inet isthmus {
  chain output {
    type nat hook output priority -100; policy accept;
    oifname "lo" return
    meta skuid 15001 return
    meta l4proto tcp redirect to :15002
  }
}
`,
    );
  });

  it('leaves out what is excluded, before anything is redirected', () => {
    const rules = captureRules({
      ...PERMISSIVE,
      excludedPorts: [5432, 6379, 5432],
      excludedRanges: ['192.0.2.0/24', '2001:db8::/32'],
    });
    const [, redirected = ''] = rules.split('meta skuid 15001 return\n');
    expect(redirected.split('\n').map((line) => line.trim())).toEqual([
      ...[
        'tcp dport { 5432, 6379 } return',
        'ip daddr 192.0.2.0/24 return',
        'ip6 daddr 2001:db8::/32 return',
      ],
      ...['meta l4proto tcp redirect to :15002', '}', '}', ''],
    ]);
  });

  it('redirects what goes to named ranges, and nothing else', () => {
    const rules = captureRules({ ...PERMISSIVE, ranges: ['10.96.0.0/12', 'fd00:96::/112'] });
    expect(rules.split('\n').filter((line) => line.includes('redirect'))).toEqual([
      '    ip daddr 10.96.0.0/12 meta l4proto tcp redirect to :15002',
      '    ip6 daddr fd00:96::/112 meta l4proto tcp redirect to :15002',
    ]);
  });

  it('refuses plain TCP from outside where it is strict, the mesh and the admin port aside', () => {
    const [, input = ''] = captureRules({ ...PERMISSIVE, inbound: 'strict' }).split('chain input {\n');
    expect(input).toBe(
      `    type filter hook input priority 0; policy accept;
    iifname "lo" accept
    ct state established,related accept
    tcp dport { 15006, 15020 } accept
    meta l4proto tcp reject with tcp reset
  }
}
`,
    );
  });
});
