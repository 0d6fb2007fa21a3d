import { expect, it } from 'vitest';
import { readImport, readSlice } from './read-objects.ts';

const metadata = { name: 'web', namespace: 'test' };
const SPEC = {
  type: 'ClusterSetIP',
  ips: ['10.42.42.42'],
  ports: [{ name: 'https', protocol: 'TCP', port: 443 }],
};
const LABELS = {
  'multicluster.kubernetes.io/service-name': 'web',
  'multicluster.kubernetes.io/source-cluster': 'east',
};
const imported = (spec: object, over: object = {}) =>
  readImport({ metadata: { ...metadata, ...over }, spec: { ...SPEC, ...spec } });
const slice = (rest: object, labels: object = LABELS) =>
  readSlice({ metadata: { name: 'derived-1', namespace: 'test', labels }, ...rest });

it('reads an import', () => {
  const ports = [{ name: 'https', protocol: 'tcp', port: 443 }];
  expect(imported({})).toEqual({
    namespace: 'test',
    name: 'web',
    isHeadless: false,
    ips: ['10.42.42.42'],
    ports,
  });
  expect(imported({ type: 'Headless' })).toMatchObject({ isHeadless: true, ips: [] });
});

it('leaves out what cannot stand in DNS', () => {
  expect(imported({}, { name: 'a.b' })).toBeUndefined();
  expect(imported({}, { name: 'UPPER' })).toBeUndefined();
  expect(readImport({ metadata, spec: 7 })).toBeUndefined();
  expect(imported({ ips: ['nonsense', 7, '2001:DB8:0::1', 'fe80::1%eth0'] })?.ips).toEqual(['2001:db8::1']);
  expect(imported({ ips: 'nonsense', ports: { a: 1 } })).toMatchObject({ ips: [], ports: [] });
  const ports = [
    { port: 0 },
    { port: 70_000 },
    { port: 1, protocol: 'X' },
    { port: 1.5 },
    null,
    { port: 2, name: '*' },
  ];
  expect(imported({ ports })?.ports).toEqual([{ name: '', protocol: 'tcp', port: 2 }]);
});

it('reads a slice: what is not said of readiness counts as ready', () => {
  const endpoints = [
    { addresses: ['10.0.0.1', '10.0.0.9'], hostname: 'pod-0', conditions: { ready: true } },
    { addresses: ['10.0.0.2'], conditions: { ready: false } },
    { addresses: ['10.0.0.3'], hostname: 'not a name' },
    ...[{ addresses: ['nowhere'] }, { addresses: [] }, 'nonsense'],
  ];
  expect(slice({ endpoints, ports: [{ name: 'tcp', port: 42 }] })).toEqual({
    ...{
      namespace: 'test',
      service: 'web',
      cluster: 'east',
      ports: [{ name: 'tcp', protocol: 'tcp', port: 42 }],
    },
    endpoints: [
      { address: '10.0.0.1', hostname: 'pod-0', isReady: true },
      { address: '10.0.0.2', isReady: false },
      { address: '10.0.0.3', isReady: true },
    ],
  });
});

it('takes a slice of no service, or of no cluster, for none', () => {
  const [service, cluster] = Object.keys(LABELS) as [string, string];
  expect(slice({}, { ...LABELS, [cluster]: 'East.Region' })?.cluster).toBe('east.region');
  for (const labels of [
    {},
    { [service]: 'web' },
    { ...LABELS, [cluster]: 'a_b' },
    { ...LABELS, [service]: 'a.b' },
  ])
    expect(slice({}, labels)).toBeUndefined();
});
