import { describe, expect, it } from 'vitest';
import { injectPod } from '../../mesh/adapters/kubernetes/inject-pod.ts';
import { controllerWorkload, gatewayWorkload, workloadSettings } from './workloads.ts';

interface Container {
  readonly env: readonly object[];
  readonly resources: { readonly requests: { readonly cpu: string } };
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly name: string; readonly configMap?: object }[];
      };
    };
  };
}

const settings = (config: string, replicas = 2) => workloadSettings({ image: 'isthmus:1', replicas, config });
const templateOf = (objects: readonly object[]): Deployment['spec']['template'] =>
  (objects.find((object) => 'kind' in object && object.kind === 'Deployment') as Deployment).spec.template;

describe('the pods of an installation', () => {
  it('are made anew when the configuration changes', () => {
    for (const workload of [controllerWorkload, gatewayWorkload]) {
      const [one, other] = ['a', 'b'].map(
        (config) => templateOf(workload(settings(config))).metadata.annotations,
      );
      expect(one).not.toEqual(other);
    }
  });

  it('are gateways only when the controller has read the configuration that they are made for', () => {
    const { configName } = settings('a');
    const controller = templateOf(controllerWorkload(settings('a')));
    expect(controller.metadata.annotations).toEqual({ 'isthmus.dev/config': configName });
    expect(controller.spec.containers[0]?.env).toContainEqual({
      name: 'ISTHMUS_CONFIG_NAME',
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['isthmus.dev/config']" } },
    });
    const { volumes } = templateOf(gatewayWorkload(settings('a'))).spec;
    expect(volumes.find(({ name }) => name === 'config')?.configMap).toEqual({
      name: 'isthmus',
      items: [{ key: `cluster-${configName}.json`, path: 'cluster.json' }],
    });
  });

  it('get more of a busy processor when they carry requests than when they control', () => {
    const millis = (containers: readonly Container[]): number[] =>
      containers.map(({ resources }) => Number.parseInt(resources.requests.cpu, 10));
    const [controller = NaN] = millis(templateOf(controllerWorkload(settings('a'))).spec.containers);
    const gateways = millis(templateOf(gatewayWorkload(settings('a'))).spec.containers);
    const pod = injectPod(
      { spec: { containers: [{ name: 'app' }] } },
      { image: 'isthmus:1', namespace: 'shop', owner: 'cart' },
    );
    if (!pod.ok) throw new Error(pod.error.message);
    const [sidecar] = pod.value?.spec?.['initContainers'] as readonly Container[];
    const proxies = [...gateways, ...millis(sidecar === undefined ? [] : [sidecar])];
    expect(proxies.map((cpu) => cpu > controller)).toEqual([true, true, true]);
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 1],
  ])('of which there are %i, keep %i while nodes are drained', (replicas, minAvailable) => {
    expect(settings('a', replicas).minAvailable).toBe(minAvailable);
  });
});
