import { describe, expect, it } from 'vitest';
import { fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ClusterStatus, StatusReport } from '../../mesh/model/report.ts';
import { formatStatus } from './status-table.ts';

const DAY_MS = 86_400_000;
const NOW = 1_800_000_000_000;

const east: ClusterStatus = {
  ...{
    cluster: 'east' as ClusterName,
    self: true,
    region: 'eu',
    zone: 'eu-1',
    gateways: 2,
    exports: 8,
    imports: 6,
  },
  ...{ trustEndsAt: NOW + 364 * DAY_MS, version: '0.1.0' },
};
const west: ClusterStatus = {
  ...{
    cluster: 'west' as ClusterName,
    self: false,
    region: 'us',
    zone: 'us-1',
    gateways: 0,
    exports: 3,
    imports: 1,
  },
  ...{ version: '0.1.0', link: { state: 'stale', since: NOW - 42_000, note: 'Connection dropped' } },
};

function report(clusters: readonly ClusterStatus[], faults: StatusReport['faults'] = []): StatusReport {
  return {
    ...{
      mesh: 'acme',
      cluster: east.cluster,
      rootFingerprint: '9f41c0',
      bundleVersion: 3,
      sharedServices: 1,
    },
    ...{ clusters, faults, now: NOW },
  };
}

describe('formatStatus', () => {
  it('prints a line for each cluster, and marks a link that is not up', () => {
    expect(formatStatus(report([east, west]), false).split('\n')).toEqual([
      'MESH acme   2 clusters, 1 service shared, root 9f:41, bundle 3',
      'CLUSTER   REGION/ZONE   LINK           GATEWAYS   EXPORTS   IMPORTS   TRUST        SINCE',
      'east      eu/eu-1       this cluster   2          8         6         valid 364d',
      'west      us/us-1       stale 42s !    -          3         1         -            42s',
    ]);
  });

  it('adds version and note when wide', () => {
    expect(formatStatus(report([east, west]), true)).toMatch(/west .* 42s +0\.1\.0 +Connection dropped$/);
  });

  it('prints faults with field and code, and of very many the first', () => {
    const one = { ...fault('invalid_manifest', 'a.yaml:9', '140 is over 100'), field: 'spec.threshold' };
    const lines = formatStatus(
      report(
        [east],
        Array.from({ length: 23 }, () => one),
      ),
      false,
    ).split('\n');
    expect(lines[0]).toMatch(/ 1 cluster, /);
    expect(lines.slice(3)).toEqual([
      ...Array.from({ length: 20 }, () => '! a.yaml:9: spec.threshold: 140 is over 100  [invalid_manifest]'),
      '! and 3 more: isthmus status -o json',
    ]);
  });
});
