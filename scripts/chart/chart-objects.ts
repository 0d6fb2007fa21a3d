/** What the chart brings: the objects of the command line, and what Helm has to know of some of them. */
import { ownedManifest, type Manifest } from '../../cli/kubernetes/apply-manifest.ts';
import { dnsObjects } from '../../cli/kubernetes/dns-workload.ts';
import { installationObjects } from '../../cli/kubernetes/installation-objects.ts';
import { adminSecret } from '../../cli/kubernetes/objects.ts';
import {
  ADMIN_SECRET,
  NAMESPACE,
  ORDER_SECRET,
  TRUST_SECRET,
} from '../../mesh/adapters/kubernetes/installation.ts';
import type { InstallOrder } from '../../mesh/adapters/kubernetes/install-order.ts';
import type { KeyName } from '../../mesh/ports/key-store.ts';
import { chartSettings } from './chart-settings.ts';
import { expression, fieldWhen } from './expression.ts';
import { isShared, kindManifests, sharedKindTemplate } from './kind-templates.ts';

export interface ChartObject {
  readonly manifest: Manifest;
  /** What its template has around it. */
  readonly wrap?: (text: string) => string;
  /** Whether it is in the rendered manifest. */
  readonly isInExample: boolean;
}

/** Outlives the release: kinds with all objects of them, and keys. */
const KEPT = { 'helm.sh/resource-policy': 'keep' };

/** In the order in which they can be made. */
export function chartObjects(): readonly ChartObject[] {
  const settings = chartSettings();
  return [
    ...[...kindObjects(), ...installationObjects(settings).map(partOf), adminObject()],
    ...dnsObjects(settings.workload.image).map(dnsPart),
  ];
}

/** Only where it is asked for, as by `--dns`. */
function dnsPart(object: object): ChartObject {
  return { manifest: ownedManifest(object), wrap: when('.Values.dns.enabled'), isInExample: false };
}

function keep(manifest: Manifest): Manifest {
  const { metadata } = manifest;
  return { ...manifest, metadata: { ...metadata, annotations: { ...metadata.annotations, ...KEPT } } };
}

function kindObjects(): readonly ChartObject[] {
  return kindManifests().map((kind) => ({
    ...{ manifest: keep(kind), isInExample: true },
    ...(isShared(kind) ? { wrap: (text: string) => sharedKindTemplate(kind, text) } : {}),
  }));
}

const when =
  (condition: string) =>
  (text: string): string =>
    `{{- if ${condition} }}\n${text}{{- end }}\n`;

function partOf(object: object): ChartObject {
  const manifest = ownedManifest(object);
  const { kind, metadata } = manifest;
  // One that Helm was told to make for its release is there already, and nobody's.
  if (kind === 'Namespace')
    return {
      manifest: keep(manifest),
      wrap: when(`ne .Release.Namespace "${NAMESPACE}"`),
      isInExample: true,
    };
  if (kind === 'Secret' && metadata.name === TRUST_SECRET)
    return { manifest: keep(manifest), wrap: when(IS_WITHOUT_KEYS), isInExample: true };
  if (kind === 'Secret' && metadata.name === ORDER_SECRET)
    return { manifest: withOrder(manifest), isInExample: true };
  return { manifest, isInExample: true };
}

/** A cluster that is in a mesh is asked for nothing: no token lies about in its Secret. */
function withOrder(secret: Manifest): Manifest {
  const isAsked = { helm: 'include "isthmus.order" .', example: true };
  const found: InstallOrder = { kind: 'found' };
  const order = {
    helm: '{ order: {{ include "isthmus.order" . | b64enc | quote }} }',
    example: `{ order: ${JSON.stringify(Buffer.from(JSON.stringify(found)).toString('base64'))} }`,
  };
  return { ...secret, [fieldWhen(isAsked, 'data')]: expression(order) };
}

const MEMBERSHIP: KeyName = 'intermediate.crt';

/**
 * The Secret of the keys falls out of the release as soon as it is there and would outlive that: what a release does not hold
 * no flag of an upgrade can replace.
 */
const IS_WITHOUT_KEYS =
  `lookup "v1" "Secret" "${NAMESPACE}" "${TRUST_SECRET}" | default dict | ` +
  'dig "metadata" "annotations" "helm.sh/resource-policy" "" | ne "keep"';

/** The template `isthmus.order`: an InstallOrder, or nothing. */
export const ORDER_TEMPLATE = `{{- $trust := lookup "v1" "Secret" "${NAMESPACE}" "${TRUST_SECRET}" | default dict }}
{{- if not (dig "data" "${MEMBERSHIP}" "" $trust) }}
{{- if .Values.mesh.found }}{{ dict "kind" "found" | toJson }}
{{- else if .Values.mesh.joinToken }}{{ dict "kind" "join" "token" .Values.mesh.joinToken | toJson }}
{{- end }}
{{- end }}`;

/** Made by chance where there is none; in a manifest that many may read it would be no secret. */
function adminObject(): ChartObject {
  const helm =
    `{{ lookup "v1" "Secret" "${NAMESPACE}" "${ADMIN_SECRET}" | default dict | ` +
    'dig "data" "token" (randBytes 32 | sha256sum | b64enc) | quote }}';
  const manifest = ownedManifest(adminSecret(expression({ helm, example: '' })));
  return { manifest, wrap: when('.Values.admin.createSecret'), isInExample: false };
}
