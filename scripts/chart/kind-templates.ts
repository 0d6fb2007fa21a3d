/**
 * The kinds in templates. Those that are ours alone follow the chart; those that a cluster shares with other programs are
 * given back as they are held where they are newer, or not of this release: see docs/decisions/0012.
 */
import { definitions, ownedManifest, type Manifest } from '../../cli/kubernetes/apply-manifest.ts';
import { RELEASE, REVISION } from '../../cli/kubernetes/crd-upgrade.ts';

export const isShared = ({ metadata: { name } }: Manifest): boolean => !name.endsWith('.isthmus.dev');

export function kindManifests(): readonly Manifest[] {
  return definitions().map(ownedManifest);
}

/** Around the text of a kind that is shared. */
export function sharedKindTemplate({ apiVersion, kind, metadata }: Manifest, text: string): string {
  const { name, labels = {} } = metadata;
  const ours = `"release" "${labels[RELEASE] ?? ''}" "revision" "${labels[REVISION] ?? '0'}"`;
  return `{{- if .Values.kinds.shared }}
{{- $held := lookup "${apiVersion}" "${kind}" "" "${name}" | default dict }}
{{- if include "isthmus.keepsKind" (dict "held" $held "by" .Release ${ours}) }}
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  labels: {{ $held.metadata.labels | default dict | toJson }}
  annotations: {{ merge (dict "helm.sh/resource-policy" "keep") (omit ($held.metadata.annotations | default dict) "kubectl.kubernetes.io/last-applied-configuration") | toJson }}
spec: {{ $held.spec | toJson }}
{{- else }}
${text}{{- end }}
{{- end }}
`;
}

/** The template `isthmus.keepsKind`: something where the definition that is held must stay as it is. */
export const KEEPS_KIND_TEMPLATE = `{{- if .held }}
{{- $labels := .held.metadata.labels | default dict }}
{{- $annotations := .held.metadata.annotations | default dict }}
{{- $isOurs := and (eq (get $labels "app.kubernetes.io/managed-by") "Helm") (eq (get $annotations "meta.helm.sh/release-name") .by.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .by.Namespace) }}
{{- $held := get $labels "${RELEASE}" | regexFind "^v?[0-9]+[.][0-9]+[.][0-9]+" }}
{{- $order := 0 }}
{{- if and $held .release }}{{ $order = (semver .release).Compare (semver $held) }}{{ end }}
{{- if or (not $isOurs) (lt $order 0) (and (eq $order 0) (gt (int (get $labels "${REVISION}")) (int .revision))) }}yes{{ end }}
{{- end }}`;
