import { describe, expect, it } from 'vitest';
import { injectPod } from '../kubernetes/inject-pod.ts';
import { admitPod, type Verdict } from './admit-pod.ts';
import { APP, patched, podOf, type PodFields } from './testing/pod-review.ts';

const IMAGE = 'isthmus:1';
const ask = (pod: PodFields, namespace = 'shop'): Verdict => admitPod({ namespace, pod }, IMAGE);

function given(pod: PodFields): PodFields {
  const verdict = ask(pod);
  if (verdict.kind !== 'injected') throw new Error(verdict.kind);
  return patched(pod, verdict.patch);
}

type Containers = readonly Readonly<Record<string, unknown>>[];
const listOf = (pod: PodFields, field: string): Containers => pod.spec[field] as Containers;

describe('a pod that is made', () => {
  it('becomes what `isthmus inject` makes of its manifest', () => {
    const labels = { 'pod-template-hash': '6d8f' };
    const ownerReferences = [{ kind: 'ReplicaSet', name: 'cart-6d8f', controller: true }];
    const pod = podOf({ labels, ownerReferences }, { initContainers: [{ name: 'migrate' }] });
    const made = injectPod(pod, { image: IMAGE, namespace: 'shop', owner: 'cart' });
    expect({ ok: true, value: given(pod) }).toEqual(made);
  });

  it.each([
    ['in a system namespace', podOf(), 'kube-system', 'system_namespace'],
    ['in a namespace of another system', podOf(), 'kube-flannel', 'system_namespace'],
    ['in our own namespace', podOf(), 'isthmus-system', 'system_namespace'],
    ['whose label refuses', podOf({ labels: { 'isthmus.dev/inject': 'false' } }), 'shop', 'opted_out'],
    [
      'whose annotation refuses',
      podOf({ annotations: { 'isthmus.dev/inject': 'false' } }),
      'shop',
      'opted_out',
    ],
    ['on the network of its node', podOf({}, { hostNetwork: true }), 'shop', 'host_network'],
    [
      'that kubelet has from a file',
      podOf({ annotations: { 'kubernetes.io/config.mirror': '7a' } }),
      'shop',
      'mirror_pod',
    ],
  ])('is left as it is %s', (_which, pod, namespace, why) => {
    expect(ask(pod, namespace)).toEqual({ kind: 'untouched', why });
  });

  it('is left as it is where it cannot have a sidecar, which is told', () => {
    expect(ask(podOf({ annotations: { 'isthmus.dev/port': 'http' } }))).toMatchObject({
      ...{
        kind: 'cannot',
        why: { code: 'invalid_manifest', subject: 'shop/cart-1', field: 'isthmus.dev/port' },
      },
    });
  });
});

describe('a pod that the webhook is asked about once more', () => {
  const once = given(podOf());
  const [sidecar] = listOf(once, 'initContainers');

  it('is left as it is when nothing has changed', () => {
    expect(ask(once)).toEqual({ kind: 'untouched', why: 'has_a_sidecar' });
  });

  it('is left as it is when others have added to it, as the API server its defaults', () => {
    const volumes = listOf(once, 'volumes').map((volume) => ({ ...volume, added: { defaultMode: 420 } }));
    const limited = { ...sidecar, terminationMessagePath: '/dev/termination-log', resizePolicy: [] };
    const mounts = [...(sidecar?.['volumeMounts'] as Containers), { name: 'kube-api-access-1' }];
    const spec = {
      ...once.spec,
      ...{
        initContainers: [{ ...limited, volumeMounts: mounts }],
        volumes: [...volumes, { name: 'kube-api-access-1' }],
      },
    };
    expect(ask({ ...once, spec })).toEqual({ kind: 'untouched', why: 'has_a_sidecar' });
  });

  it('keeps what others have given to the sidecar while its new containers are told of the mesh', () => {
    const limits = { cpu: '1', memory: '256Mi' };
    const limited = { ...sidecar, resources: { ...(sidecar?.['resources'] as object), limits } };
    const containers = [...listOf(once, 'containers'), { ...APP, name: 'agent' }];
    const again = given({
      ...once,
      spec: { ...once.spec, initContainers: [{ name: 'vault' }, limited], containers },
    });
    expect(listOf(again, 'initContainers')).toEqual([limited, { name: 'vault' }]);
    expect(listOf(again, 'containers').map(({ name, env }) => [name, env])).toEqual(
      ['app', 'agent'].map((name) => [name, [{ name: 'ISTHMUS_PROXY', value: 'http://127.0.0.1:15001' }]]),
    );
  });

  it('is mended where somebody has changed the sidecar', () => {
    const changed = { ...sidecar, image: 'other:1' };
    const again = given({ ...once, spec: { ...once.spec, initContainers: [changed] } });
    expect(again).toEqual(once);
  });

  it('is looked at in little time, however much it holds', () => {
    const many = Array.from({ length: 100_000 }, () => ({ name: 'a' }));
    const began = performance.now();
    ask({ ...once, spec: { ...once.spec, containers: many, volumes: many, initContainers: many } });
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
