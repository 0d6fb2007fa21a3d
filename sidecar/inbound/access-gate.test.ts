import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type { WorkloadIdentity } from '../../mesh/model/identity.ts';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { AccessPolicy } from '../../mesh/model/policy.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import { createAccessGate } from './access-gate.ts';

const cart = 'shop/cart' as ServiceKey;
const mesh = 'acme' as MeshName;
const web = (cluster: string): WorkloadIdentity => ({
  ...{ kind: 'workload', mesh, cluster: cluster as ClusterName, namespace: 'shop' as Namespace },
  serviceAccount: 'web' as ServiceAccount,
});
const denyWest: AccessPolicy = {
  ...{ name: 'no-west', namespace: 'shop' as Namespace, allow: [] },
  deny: [{ from: [{ clusters: ['west'] }] }],
};

/** Without policies: the service is not in the view at all. */
function viewWith(access?: readonly AccessPolicy[]): MeshView {
  const service = {
    key: cart,
    ports: [],
    local: [],
    remote: [],
    exported: false,
    failover: DEFAULT_FAILOVER,
  };
  return {
    ...{ version: 1, self: { mesh, cluster: 'east' as ClusterName, region: 'eu', zone: 'eu-1' } },
    ...{ bundle: { mesh, version: 1, roots: [], evicted: [] }, peers: new Map() },
    services: new Map(access === undefined ? [] : [[cart, { ...service, access }]]),
  };
}

describe('the gate of a workload', () => {
  it('judges open connections anew with each view, and closes what is denied now', () => {
    const gate = createAccessGate(cart, viewWith([]));
    const closed: string[] = [];
    for (const cluster of ['east', 'west']) gate.enter(web(cluster), () => closed.push(cluster));
    gate.update(viewWith([denyWest]));
    expect(closed).toEqual(['west']);
  });

  it('keeps refusing whom it refused when its service goes from the view (I9)', () => {
    const gate = createAccessGate(cart, viewWith([denyWest]));
    const west = gate.enter(web('west'), () => undefined);
    const east = gate.enter(web('east'), () => undefined);
    gate.update(viewWith());
    expect([west.verdict.allow, east.verdict.allow]).toEqual([false, true]);
    expect(gate.enter(web('west'), () => undefined).verdict.reason).toBe('access_denied');
  });

  it('lets nobody in before a view has known its service', () => {
    const gate = createAccessGate(cart, viewWith());
    expect(gate.enter(web('east'), () => undefined).verdict).toMatchObject({
      ...{ allow: false, reason: 'service_unknown' },
    });
    gate.update(viewWith([]));
    expect(gate.enter(web('east'), () => undefined).verdict.allow).toBe(true);
  });
});
