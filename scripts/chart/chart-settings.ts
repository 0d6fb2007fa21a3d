/** What `isthmus init` is told by options, as expressions of the chart. */
import { gatewayServiceSettings, type GatewayServiceSettings } from '../../cli/kubernetes/objects.ts';
import { podClusterConfig, type InstallationSettings } from '../../cli/kubernetes/installation-objects.ts';
import { configName, workloadSettings, type WorkloadSettings } from '../../cli/kubernetes/workloads.ts';
import { hostPort } from '../../cli/options.ts';
import { configText } from '../../mesh/adapters/standalone/cluster-config-file.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import { expression, fieldWhen, resolve } from './expression.ts';
import { DEFAULTS, EXAMPLE } from './values.ts';

const quoted = (helm: string, example: string): string =>
  expression({ helm: `{{ ${helm} | quote }}`, example: JSON.stringify(example) });

const orCluster = (name: string): string =>
  quoted(`.Values.${name} | default .Values.cluster`, EXAMPLE.cluster);

/** The text of `cluster.yaml`, with expressions. */
export const CONFIG = configText(
  podClusterConfig({
    mesh: quoted('.Values.mesh.name', EXAMPLE.mesh.name) as MeshName,
    cluster: quoted('.Values.cluster', EXAMPLE.cluster) as ClusterName,
    ...{ region: orCluster('region'), zone: orCluster('zone'), network: orCluster('network') },
    advertise: {
      host: quoted(
        String.raw`regexReplaceAll "^\\[?(.*?)\\]?:[0-9]+$" .Values.gateway.advertise "${'${1}'}"`,
        hostPort(EXAMPLE.gateway.advertise).host,
      ),
      port: expression<number>({
        helm: '{{ regexFind "[0-9]+$" .Values.gateway.advertise }}',
        example: String(hostPort(EXAMPLE.gateway.advertise).port),
      }),
    },
  }),
).trimEnd();

const EXAMPLE_CONFIG = resolve(CONFIG, 'example');

function workload(): WorkloadSettings {
  const { image } = EXAMPLE;
  const example = workloadSettings({ image, replicas: DEFAULTS.replicas, config: EXAMPLE_CONFIG });
  return {
    image: quoted('.Values.image', example.image),
    replicas: expression({ helm: '{{ .Values.replicas }}', example: String(example.replicas) }),
    minAvailable: expression({
      helm: '{{ if gt (int .Values.replicas) 1 }}1{{ else }}0{{ end }}',
      example: String(example.minAvailable),
    }),
    configName: expression({
      helm: 'sha256-{{ include "isthmus.config" . | sha256sum | trunc 16 }}',
      example: configName(EXAMPLE_CONFIG),
    }),
  };
}

function gatewayService(): GatewayServiceSettings {
  const example = gatewayServiceSettings(DEFAULTS.gateway.service);
  const policy = (type: 'LoadBalancer' | 'NodePort'): string =>
    gatewayServiceSettings(type).externalTrafficPolicy;
  return {
    type: expression({ helm: '{{ .Values.gateway.service }}', example: example.type }),
    externalTrafficPolicy: expression({
      helm: `{{ if eq .Values.gateway.service "LoadBalancer" }}${policy('LoadBalancer')}{{ else }}${policy('NodePort')}{{ end }}`,
      example: example.externalTrafficPolicy,
    }),
    port: {
      [fieldWhen({ helm: '.Values.gateway.nodePort', example: false }, 'nodePort')]: expression({
        ...{ helm: '{{ .Values.gateway.nodePort }}', example: '' },
      }),
    },
  };
}

export function chartSettings(): InstallationSettings {
  const config = expression({
    helm: '|{{ include "isthmus.config" . | nindent 4 }}',
    example: `|\n${EXAMPLE_CONFIG.replace(/^/gm, '    ')}`,
  });
  return { config, workload: workload(), gatewayService: gatewayService() };
}
