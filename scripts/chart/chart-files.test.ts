import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { hostPort } from '../../cli/options.ts';
import { parseClusterConfig } from '../../crds/cluster-config.ts';
import { parseLabel } from '../../mesh/model/names.ts';
import { CHART_FOLDER, chartFiles, MANIFEST_FILE, manifestText } from './chart-files.ts';
import { EXAMPLE, VALUES_SCHEMA } from './values.ts';

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
}

const documents = parseAllDocuments(manifestText()).map((document) => document.toJS() as Document);
const named = (kind: string, name: string): Document | undefined =>
  documents.find((document) => document.kind === kind && document.metadata.name === name);

describe('the Helm chart', () => {
  it('is in deploy/helm/isthmus as the objects of the command line make it: else run `npm run chart`', () => {
    const files = readdirSync(CHART_FOLDER, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const written = files.map((entry): [string, string] => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(CHART_FOLDER, file), readFileSync(file, 'utf8')];
    });
    expect(new Map(written)).toEqual(new Map(chartFiles()));
  });

  it('has its rendering in deploy/isthmus.yaml', () => {
    expect(readFileSync(MANIFEST_FILE, 'utf8')).toBe(manifestText());
  });

  it('keeps kinds, keys and the namespace of the keys when the release goes', () => {
    const kept = documents.filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep',
    );
    expect(new Set(kept.map(({ kind }) => kind))).toEqual(
      new Set(['CustomResourceDefinition', 'Namespace', 'Secret']),
    );
    expect(kept.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)).toEqual([
      'isthmus-trust',
    ]);
  });

  it('states nothing of the keys, so that no rendering takes any away', () => {
    expect(named('Secret', 'isthmus-trust')).not.toHaveProperty('data');
    expect(chartFiles().get('templates/secret-isthmus-trust.yaml')).not.toMatch(/^(string)?data/im);
  });

  it('has no token in a manifest that many may read', () => {
    expect(named('Secret', 'isthmus-admin')).toBeUndefined();
    const order = named('Secret', 'isthmus-order')?.data?.['order'] ?? '';
    expect(JSON.parse(Buffer.from(order, 'base64').toString())).toEqual({ kind: 'found' });
  });

  it('renders a configuration that the programs read', () => {
    const text = named('ConfigMap', 'isthmus-cluster')?.data?.['cluster.yaml'] ?? '';
    expect(parseClusterConfig(parse(text))).toMatchObject({
      ok: true,
      value: {
        ...{ mesh: 'acme', cluster: 'east', region: 'east', zone: 'east', network: 'east', kubernetes: true },
        ...{ advertise: { host: '203.0.113.10', port: 15443 }, allowLoopbackPeers: false },
      },
    });
  });
});

describe('the values of the chart', () => {
  const check = new Ajv({ strict: false }).compile(VALUES_SCHEMA);
  /** As Helm has it: a value that is undefined is not there. */
  const valid = (change: object): boolean => check(JSON.parse(JSON.stringify({ ...EXAMPLE, ...change })));
  const advertised = (advertise: string): boolean => valid({ gateway: { advertise } });

  it('are right as the example has them', () => {
    expect(valid({})).toBe(true);
  });

  it.each([
    ['no image', { image: undefined }],
    ['an image with a blank', { image: 'isthmus: latest' }],
    ['no name of the cluster', { cluster: undefined }],
    ['no name of the mesh', { mesh: { found: true } }],
    ['no address', { gateway: {} }],
    ['no replicas', { replicas: 0 }],
    ['eleven replicas', { replicas: 11 }],
    ['half a replica', { replicas: 1.5 }],
    [
      'a mesh that is made and joined',
      { mesh: { name: 'acme', found: true, joinToken: 'isthmus-join-abcdefgh12345678' } },
    ],
    ['a token of something else', { mesh: { name: 'acme', joinToken: 'ey.abc' } }],
    ['a port on the nodes that is not said', { gateway: { advertise: 'a:1', service: 'NodePort' } }],
    ['a type of Service that has no way in', { gateway: { advertise: 'a:1', service: 'ClusterIP' } }],
    ['a field that there is not', { meshName: 'acme' }],
  ])('are refused with %s', (_, change) => {
    expect(valid(change)).toBe(false);
  });

  it('take the names that the command line takes', () => {
    const names = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[a-z0-9-]{0,66}$/),
      fc.stringMatching(/^[A-Za-z0-9._-]{0,8}$/),
    );
    fc.assert(
      fc.property(names, fc.constantFrom('cluster', 'region', 'zone', 'network'), (name, field) => {
        expect(valid({ [field]: name })).toBe(parseLabel(name, field).ok);
      }),
    );
  });

  it('take no address that the command line refuses, or that its own check of the configuration does', () => {
    const hosts = fc.oneof(
      fc.string(),
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
      fc.ipV6(),
    );
    fc.assert(
      fc.property(hosts, fc.integer({ min: -1, max: 100_000 }), (host, port) => {
        const advertise = `${host}:${port}`;
        if (!advertised(advertise)) return;
        const { host: parsed, port: number } = hostPort(advertise);
        expect(parsed).toMatch(/^[A-Za-z0-9.:_-]{1,253}$/);
        expect(number).toBe(port);
      }),
    );
    const good = ['203.0.113.10:15443', '[2001:db8::1]:443', 'gateway.example.com:65535', 'a_b:1'];
    expect(good.filter((text) => !advertised(text))).toEqual([]);
    const bad = [
      '203.0.113.10',
      'a:0',
      'a:65536',
      ':1',
      '2001:db8::1:443',
      '[a.example]:1',
      'http://a:1',
      'a:1 ',
      "a':1",
    ];
    expect(bad.filter(advertised)).toEqual([]);
  });
});
