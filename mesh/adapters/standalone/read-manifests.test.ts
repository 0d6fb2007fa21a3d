import { describe, expect, it } from 'vitest';
import { readManifests } from './read-manifests.ts';

const place = { region: 'eu', zone: 'eu-1' };
const HEAD = 'apiVersion: multicluster.x-k8s.io/v1beta1\nkind: ServiceExport\n';
const EXPORT = `${HEAD}metadata: {name: cart, namespace: shop}\n`;
/** Values of a document beside the items of its list: the objects, the fields, the list itself. */
const REST = 8;
const withSpec = (value: string): string => `${EXPORT}spec: ${value}\n`;
const list = (count: number, item: string): string => `[${Array<string>(count).fill(item).join(',')}]`;

const faultsOf = (text: string): string[] =>
  readManifests({ name: 'a.yaml', text }, place).faults.map(({ message }) => message);

const MIB = 1024 * 1024;
const read = (text: string) => readManifests({ name: 'a.yaml', text }, place);

describe('a manifest file (S30)', () => {
  it('states what its documents state', () => {
    const { stated, faults } = readManifests({ name: 'a.yaml', text: `${EXPORT}---\n---\n${EXPORT}` }, place);
    expect(faults).toEqual([]);
    expect(stated.map(({ at, manifest }) => [at, manifest.id])).toEqual([
      ['a.yaml:1', 'ServiceExport/shop/cart'],
      ['a.yaml:6', 'ServiceExport/shop/cart'],
    ]);
  });

  it.each([
    ['32 levels', withSpec(`{a: ${'['.repeat(31)}${']'.repeat(31)}}`), []],
    ['33 levels', withSpec(`{a: ${'['.repeat(32)}${']'.repeat(32)}}`), ['is nested over 32 deep']],
    ['20,000 levels', withSpec('['.repeat(20_000)), [expect.stringMatching(/nested|not YAML/)]],
    ['20,000 values', withSpec(`{a: ${list(20_000 - REST, '1')}}`), []],
    ['20,001 values', withSpec(`{a: ${list(20_001 - REST, '1')}}`), ['has over 20000 values']],
    ['1,000 documents', `---\n${EXPORT}`.repeat(1_000), []],
    ['1,001 documents', `---\n${EXPORT}`.repeat(1_001), ['has 1001 documents, over 1000']],
    ['a field twice', `${EXPORT}kind: ServiceExport\n`, ['has the field "kind" twice']],
  ])('with %s is read or refused', (_, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  it('counts the values behind an alias each time it stands', () => {
    const bomb = `{a: &a ${list(500, '1')}, b: ${list(45, '*a')}}`;
    expect(faultsOf(withSpec(bomb))).toEqual(['has over 20000 values']);
    const wide = `{a: &a x, b: ${list(51, '*a')}}`;
    expect(faultsOf(withSpec(wide))).toEqual(['has over 50 uses of aliases']);
  });
});

/** Texts that are made to take long, or to run a parser out of stack (S17). */
describe('a file of one MiB', () => {
  it.each(['~:\n', 'true: 1\n', '"', '%\n', '? [a]\n: b\n', '&a ', '*a ', '- [', '{a: ', '---\n'])(
    'of %j over and over is refused before it is parsed',
    (part) => {
      const { faults, unidentified, stated } = read(part.repeat(MIB / part.length));
      expect([stated, unidentified]).toEqual([[], true]);
      expect(faults.map(({ code, subject }) => `${code} ${subject}`)).toEqual(['invalid_yaml a.yaml']);
      expect(faults[0]?.message).toContain('words and marks; split it');
    },
  );

  it('of few and long words is read', () => {
    const text = `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, annotations: { a: ${'x'.repeat(4000)} } }\n`;
    const { stated, faults } = read(`${text}---\n`.repeat(MIB / text.length - 1));
    expect(faults).toEqual([]);
    expect(stated.length).toBeGreaterThan(200);
  });
});
