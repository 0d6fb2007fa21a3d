/** The Helm chart and the rendered manifest as files, written from what `isthmus init` applies. */
import path from 'node:path';
import { stringify } from 'yaml';
import type { Manifest } from '../../cli/kubernetes/apply-manifest.ts';
import { VERSION } from '../../mesh/adapters/version.ts';
import { chartObjects, ORDER_TEMPLATE, type ChartObject } from './chart-objects.ts';
import { CONFIG } from './chart-settings.ts';
import { resolve, type Form } from './expression.ts';
import { KEEPS_KIND_TEMPLATE } from './kind-templates.ts';
import { MANIFEST_HEAD, placeNote } from './manifest-notes.ts';
import { NOTES } from './notes.ts';
import { VALUES_SCHEMA, VALUES_TEXT } from './values.ts';

const DEPLOY = path.join(import.meta.dirname, '..', '..', 'deploy');
export const CHART_FOLDER = path.join(DEPLOY, 'helm', 'isthmus');
export const MANIFEST_FILE = path.join(DEPLOY, 'isthmus.yaml');

const YAML = { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true };
const WRITTEN = '# Written by `npm run chart`.\n';

/** By path inside the chart. */
export function chartFiles(): ReadonlyMap<string, string> {
  const chart = {
    ...{ apiVersion: 'v2', name: 'isthmus', description: 'Joins Kubernetes clusters into one service mesh.' },
    ...{ type: 'application', version: VERSION, appVersion: VERSION, kubeVersion: '>=1.29.0-0' },
  };
  return new Map([
    ['Chart.yaml', WRITTEN + stringify(chart, YAML)],
    ['values.yaml', WRITTEN + VALUES_TEXT],
    ['values.schema.json', `${JSON.stringify(VALUES_SCHEMA, undefined, 2)}\n`],
    ['templates/_isthmus.tpl', helpers()],
    ['templates/NOTES.txt', NOTES],
    ...chartObjects().map((object) => [templateName(object.manifest), templateOf(object)] as const),
  ]);
}

function helpers(): string {
  const define = (name: string, text: string): string => `{{- define "${name}" -}}\n${text}\n{{- end }}\n`;
  return [
    define('isthmus.config', resolve(CONFIG, 'helm')),
    ...[define('isthmus.order', ORDER_TEMPLATE), define('isthmus.keepsKind', KEEPS_KIND_TEMPLATE)],
  ].join('');
}

function templateName({ kind, metadata }: Manifest): string {
  return `templates/${kind}-${metadata.name}.yaml`.toLowerCase();
}

function templateOf({ manifest, wrap = (text) => text }: ChartObject): string {
  return WRITTEN + wrap(textOf(manifest, 'helm'));
}

function textOf(manifest: Manifest, form: Form): string {
  return resolve(stringify(manifest, YAML), form);
}

/** What the chart renders with the example values. */
export function manifestText(): string {
  const objects = chartObjects().filter(({ isInExample }) => isInExample);
  const documents = objects.map(({ manifest }) => placeNote(manifest) + textOf(manifest, 'example'));
  return `${WRITTEN}${MANIFEST_HEAD}---\n${documents.join('---\n')}`;
}
