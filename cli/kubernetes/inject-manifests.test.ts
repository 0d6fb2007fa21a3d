import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { injectManifests } from './inject-manifests.ts';

const options = { image: 'isthmus:1', namespace: 'shop', file: 'web.yaml' };
const pod = 'spec: {containers: [{name: app, image: web}]}';

function names(text: string): unknown[] {
  return parseAllDocuments(injectManifests(text, options)).map((document): unknown => {
    const object = JSON.stringify(document.toJS());
    return (object.match(/isthmus-sidecar/g) ?? []).length;
  });
}

describe('manifests', () => {
  it.each([
    ['Pod', `kind: Pod\nmetadata: {name: web}\n${pod}`],
    ['Deployment', `kind: Deployment\nmetadata: {name: web}\nspec: {template: {${pod}}}`],
    ['CronJob', `kind: CronJob\nmetadata: {name: web}\nspec: {jobTemplate: {spec: {template: {${pod}}}}}`],
    ['List', `kind: List\nitems: [{kind: Job, metadata: {name: web}, spec: {template: {${pod}}}}]`],
  ])('of kind %s get one sidecar a pod', (_kind, text) => {
    expect(names(text)).toEqual([1]);
  });

  it('that make no pods are passed through, in their order', () => {
    const text = `kind: Service\nmetadata: {name: web}\n---\nkind: Pod\nmetadata: {name: web}\n${pod}\n---\n`;
    expect(names(text)).toEqual([0, 1]);
    expect(injectManifests('kind: Service\nmetadata: {name: web}\n', options)).toBe(
      'kind: Service\nmetadata:\n  name: web\n',
    );
  });

  it('that are no YAML are refused by the name of their file', () => {
    expect(() => injectManifests('a: [', options)).toThrow(/^web\.yaml: /);
  });

  it('that cannot have a sidecar are refused by their name', () => {
    const text = 'kind: Pod\nmetadata: {name: web}\nspec: {hostNetwork: true, containers: []}';
    expect(() => injectManifests(text, options)).toThrow(/shop\/web: spec\.hostNetwork: /);
  });
});
