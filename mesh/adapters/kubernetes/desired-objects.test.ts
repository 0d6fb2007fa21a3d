import { expect, it } from 'vitest';
import { desiredObjects } from './desired-objects.ts';
import type { MulticlusterState } from '../../model/multicluster.ts';
import type { ClusterName, MeshName, Namespace } from '../../model/names.ts';

it('the configuration that a controller has read is given to gateways by its name, and to all proxies', () => {
  const mesh = 'acme' as MeshName;
  const [imports, exports, members] = [new Map(), new Map(), new Map()];
  const state = {
    ...{ mesh, cluster: 'east' as ClusterName, namespaces: new Set(['shop' as Namespace]) },
    ...{ imports, exports, members },
  } as MulticlusterState;
  const trust = {
    bundle: { mesh, version: 1, roots: [], evicted: [] },
    signed: { payload: '', signature: '' },
  };
  const given = (configName?: string): ReadonlyMap<string | undefined, readonly string[]> => {
    const named = configName === undefined ? {} : { configName };
    const objects = desiredObjects(state, {
      ...trust,
      ...named,
      config: '{"zone":"a"}',
      addresses: new Map(),
    });
    const maps = [...objects.values()].filter(({ name }) => name === 'isthmus');
    return new Map(maps.map(({ namespace, rest }) => [namespace, Object.keys(rest?.['data'] ?? {})]));
  };
  const all = ['bundle.json', 'cluster.json'];
  expect(given('sha256-0a1b')).toEqual(
    new Map([
      ['shop', all],
      ['isthmus-system', [...all, 'cluster-sha256-0a1b.json']],
    ]),
  );
  expect(given().get('isthmus-system')).toEqual(all);
});
