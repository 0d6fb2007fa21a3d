import { expect, it } from 'vitest';
import type { MulticlusterState, ServiceImport } from '../../model/multicluster.ts';
import type { ClusterName, MeshName, Namespace, ServiceKey } from '../../model/names.ts';
import { derivedId } from './clusterset-objects.ts';
import { desiredMemory, desiredObjects } from './desired-objects.ts';

it('the configuration that a controller has read is given to gateways by its name, and to all proxies', () => {
  const mesh = 'acme' as MeshName;
  const [imports, exports, members] = [new Map(), new Map(), new Map()];
  const state = {
    ...{ mesh, cluster: 'east' as ClusterName, namespaces: new Set(['shop' as Namespace]) },
    ...{ imports, exports, members, policies: [] },
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

const imported = (key: string, port: number): ServiceImport =>
  ({
    ...{ key, labels: {}, annotations: {}, clusters: ['east'], slices: [] },
    traits: { type: 'ClusterSetIP', ports: [{ protocol: 'TCP', port }] },
  }) as unknown as ServiceImport;

function stateOf(...imports: readonly ServiceImport[]): MulticlusterState {
  return {
    ...{ mesh: 'acme', cluster: 'east', namespaces: new Set(), exports: new Map(), members: new Map() },
    policies: [],
    imports: new Map(imports.map((one) => [one.key, one])),
  } as unknown as MulticlusterState;
}

const shown = {
  bundle: { mesh: 'acme', version: 1, roots: [], evicted: [] },
  ...{ signed: { payload: '', signature: '' }, config: '{}', addresses: new Map() },
} as unknown as Parameters<typeof desiredObjects>[1];

it('desires the same with a memory of before as with none, and the very same of what has not changed', () => {
  const memory = desiredMemory();
  const [cart, till] = [imported('shop/cart', 80), imported('shop/till', 80)];
  const before = desiredObjects(stateOf(cart, till), shown, memory);
  const next = stateOf(imported('shop/cart', 81), till);
  const after = desiredObjects(next, shown, memory);
  expect(after).toEqual(desiredObjects(next, shown));
  expect(after.get('ServiceImport shop/till')).toBe(before.get('ServiceImport shop/till'));
  expect(after.get(derivedId('shop/till' as ServiceKey))).toBe(
    before.get(derivedId('shop/till' as ServiceKey)),
  );
});

it('shows the address of an import as soon as the API server has given it', () => {
  const memory = desiredMemory();
  const state = stateOf(imported('shop/cart', 80));
  desiredObjects(state, shown, memory);
  const addresses = new Map([
    [derivedId('shop/cart' as ServiceKey), { ips: ['10.96.0.9'], ipFamilies: ['IPv4'] }],
  ]);
  const after = desiredObjects(state, { ...shown, addresses }, memory);
  expect(after.get('ServiceImport shop/cart')).toMatchObject({ spec: { ips: ['10.96.0.9'] } });
});

it('says of a headless import whether each pod of other networks has its address here', () => {
  const host = (name: string, ...ips: readonly string[]) => ({
    ...{
      key: `shop/${name}.east.cart` as ServiceKey,
      ips,
      ports: [{ protocol: 'TCP', port: 80 }],
      proxies: [],
    },
  });
  const told = (...hosts: readonly ReturnType<typeof host>[]): unknown => {
    const cart = imported('shop/cart', 80);
    const headless = { ...cart, hosts, traits: { ...cart.traits, type: 'Headless' } } as ServiceImport;
    return desiredObjects(stateOf(headless), shown).get('ServiceImport shop/cart')?.conditions;
  };
  expect(told(host('cart-0', '10.96.0.1'), host('cart-1'))).toMatchObject([
    {
      type: 'Ready',
      status: 'False',
      reason: 'Pending',
      message: expect.stringContaining('1 of 2') as string,
    },
  ]);
  expect(told(host('cart-0', '10.96.0.1'))).toMatchObject([{ type: 'Ready', status: 'True' }]);
  expect(told()).toMatchObject([{ type: 'Ready', status: 'True' }]);
});
