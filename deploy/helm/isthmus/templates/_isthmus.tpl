{{- define "isthmus.config" -}}
apiVersion: isthmus.dev/v1alpha1
kind: ClusterConfig
metadata:
  name: {{ .Values.cluster | quote }}
spec:
  mesh: {{ .Values.mesh.name | quote }}
  region: {{ .Values.region | default .Values.cluster | quote }}
  zone: {{ .Values.zone | default .Values.cluster | quote }}
  network: {{ .Values.network | default .Values.cluster | quote }}
  advertise:
    host: {{ regexReplaceAll "^\\[?(.*?)\\]?:[0-9]+$" .Values.gateway.advertise "${1}" | quote }}
    port: {{ regexFind "[0-9]+$" .Values.gateway.advertise }}
  kubernetes: true
  allowLoopbackPeers: false
  gateway:
    host: 0.0.0.0
    port: 15443
  controller:
    host: 0.0.0.0
    federationPort: 15010
    joinPort: 15011
    discoveryPort: 15012
    enrolmentPort: 15013
    adminPort: 15020
{{- end }}
{{- define "isthmus.order" -}}
{{- $trust := lookup "v1" "Secret" "isthmus-system" "isthmus-trust" | default dict }}
{{- if not (dig "data" "intermediate.crt" "" $trust) }}
{{- if .Values.mesh.found }}{{ dict "kind" "found" | toJson }}
{{- else if .Values.mesh.joinToken }}{{ dict "kind" "join" "token" .Values.mesh.joinToken | toJson }}
{{- end }}
{{- end }}
{{- end }}
{{- define "isthmus.keepsKind" -}}
{{- if .held }}
{{- $labels := .held.metadata.labels | default dict }}
{{- $annotations := .held.metadata.annotations | default dict }}
{{- $isOurs := and (eq (get $labels "app.kubernetes.io/managed-by") "Helm") (eq (get $annotations "meta.helm.sh/release-name") .by.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .by.Namespace) }}
{{- $held := get $labels "multicluster.x-k8s.io/release-version" | regexFind "^v?[0-9]+[.][0-9]+[.][0-9]+" }}
{{- $order := 0 }}
{{- if and $held .release }}{{ $order = (semver .release).Compare (semver $held) }}{{ end }}
{{- if or (not $isOurs) (lt $order 0) (and (eq $order 0) (gt (int (get $labels "multicluster.x-k8s.io/crd-schema-revision")) (int .revision))) }}yes{{ end }}
{{- end }}
{{- end }}
