/** What Helm says after an installation or an upgrade: the next step. */
import { CONTROLLER, GATEWAY, NAMESPACE, ORDER_SECRET } from '../../mesh/adapters/kubernetes/installation.ts';

export const NOTES = `{{- if include "isthmus.order" . }}
{{- if .Values.mesh.found }}
The controller of {{ .Values.cluster }} makes the mesh {{ .Values.mesh.name }}. How that went:
{{- else }}
The controller of {{ .Values.cluster }} joins the mesh {{ .Values.mesh.name }}. How that went:
{{- end }}

  kubectl rollout status -n ${NAMESPACE} deployment/${CONTROLLER} deployment/${GATEWAY}
  kubectl get secret -n ${NAMESPACE} ${ORDER_SECRET} -o go-template={{ "'{{.data.outcome | base64decode}}'" }}

Then:

  isthmus status --context <this cluster>
  isthmus token create --context <this cluster> --cluster <another one>    # a token for the next cluster
{{- else if or .Values.mesh.found .Values.mesh.joinToken }}
{{ .Values.cluster }} is in the mesh already; its keys are left as they are.

  isthmus status --context <this cluster>
{{- else }}
The controller of {{ .Values.cluster }} waits for an order, unless it is in the mesh already: say mesh.found=true to make
the mesh {{ .Values.mesh.name }}, or mesh.joinToken with what this prints on its founder:

  isthmus token create --context <founder> --cluster {{ .Values.cluster }}
{{- end }}
{{- $enforced := lookup "v1" "Namespace" "" "${NAMESPACE}" | default dict | dig "metadata" "labels" "pod-security.kubernetes.io/enforce" "" }}
{{- if and (eq .Release.Namespace "${NAMESPACE}") (ne $enforced "restricted") }}

Pods of Isthmus keep to the restricted Pod Security Standard. Let the namespace enforce it:

  kubectl label namespace ${NAMESPACE} pod-security.kubernetes.io/enforce=restricted
{{- end }}

Before helm uninstall, leave the mesh: isthmus leave --yes --context <this cluster>. What outlives the release: the kinds with all
exports and policies, and the namespace with the Secret of the keys and what the controllers wrote there. isthmus uninstall
takes the namespace away then.
`;
