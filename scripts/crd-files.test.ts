import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CRD_FOLDER, crdFiles } from './crd-files.ts';

interface Definition {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly names: { readonly kind: string; readonly shortNames?: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly storage: boolean;
      readonly schema: unknown;
      readonly additionalPrinterColumns: readonly { readonly name: string }[];
    }[];
  };
}

const definitions = [...crdFiles().values()].map((text) => parse(text) as Definition);
const ofKind = (kind: string): Definition => definitions.find(({ spec }) => spec.names.kind === kind)!;

describe('the custom resource definitions', () => {
  it('are in deploy/crds as crds/ states them: else run `npm run crds`', () => {
    const written = new Map(
      readdirSync(CRD_FOLDER).map((name) => [name, readFileSync(path.join(CRD_FOLDER, name), 'utf8')]),
    );
    expect(written).toEqual(new Map(crdFiles()));
  });

  it('store the newest version, and serve the older ones with the same schema', () => {
    for (const { spec } of definitions) {
      const { versions } = spec;
      expect(versions.map(({ storage }) => storage)).toEqual(
        versions.map((_, i) => i === versions.length - 1),
      );
      expect(versions.every(({ served }) => served)).toBe(true);
      for (const { schema } of versions) expect(schema).toEqual(versions[0]?.schema);
    }
  });

  it('are those of mcs-api v0.5.0 for exports and imports', () => {
    for (const [kind, shortNames] of [
      ['ServiceExport', ['svcex', 'svcexport']],
      ['ServiceImport', ['svcim', 'svcimport']],
    ] as const) {
      const { metadata, spec } = ofKind(kind);
      expect(spec.versions.map(({ name }) => name)).toEqual(['v1alpha1', 'v1beta1']);
      expect(spec.names.shortNames).toEqual(shortNames);
      expect(metadata.labels).toEqual({
        'multicluster.x-k8s.io/release-version': 'v0.5.0',
        'multicluster.x-k8s.io/crd-schema-revision': '0',
      });
    }
    const columns = ofKind('ServiceImport').spec.versions[0]?.additionalPrinterColumns;
    expect(columns?.map(({ name }) => name)).toEqual(['Type', 'IP', 'Age']);
  });

  it('show the age last', () => {
    for (const { spec } of definitions)
      for (const { additionalPrinterColumns } of spec.versions)
        expect(additionalPrinterColumns.at(-1)?.name).toBe('Age');
  });
});
