import { describe, expect, it } from 'vitest';
import { injectPod, type PodForm } from './inject-pod.ts';

const options = { image: 'isthmus:1', namespace: 'shop', owner: 'cart' };
const app = { name: 'app', image: 'cart:7' };
const asking = (value: unknown): PodForm => ({
  metadata: { annotations: { 'isthmus.dev/workload-api': value } },
  spec: { containers: [app] },
});

interface Spec {
  readonly initContainers: readonly { readonly command: readonly string[]; readonly volumeMounts: unknown }[];
  readonly containers: readonly { readonly env: unknown; readonly volumeMounts?: unknown }[];
  readonly volumes: unknown;
}

function specOf(pod: PodForm): Spec {
  const made = injectPod(pod, options);
  if (!made.ok || made.value === undefined) throw new Error('has no sidecar');
  return made.value.spec as unknown as Spec;
}

const mountPath = '/var/run/isthmus/workload-api';

describe('a pod that asks for the Workload API', () => {
  it('shares the socket with its containers, which cannot replace it', () => {
    const spec = specOf(asking('true'));
    const [sidecar] = spec.initContainers;
    const [container] = spec.containers;
    const mount = { name: 'isthmus-workload-api', mountPath };
    const at = sidecar!.command.indexOf('--workload-socket');
    expect(sidecar!.command[at + 1]).toBe(`${mountPath}/api.sock`);
    expect(sidecar!.volumeMounts).toContainEqual(mount);
    expect(container!.volumeMounts).toEqual([{ ...mount, readOnly: true }]);
    expect(container!.env).toContainEqual({
      name: 'SPIFFE_ENDPOINT_SOCKET',
      value: `unix://${mountPath}/api.sock`,
    });
    expect(spec.volumes).toContainEqual(
      expect.objectContaining({ name: mount.name, emptyDir: expect.anything() }),
    );
  });

  it('is the same when it is done twice', () => {
    const once = injectPod(asking('true'), options);
    if (!once.ok || once.value === undefined) throw new Error('has no sidecar');
    expect(injectPod(once.value, options)).toEqual(once);
  });

  it.each([undefined, 'false'])('has nothing of it with %s', (value) => {
    const spec = specOf(asking(value));
    expect(JSON.stringify(spec)).not.toContain('workload');
  });

  it('has nothing of it any more once it does not ask', () => {
    const { spec = {} } = { spec: specOf(asking('true')) as unknown as NonNullable<PodForm['spec']> };
    const made = specOf({ metadata: {}, spec });
    expect(JSON.stringify(made)).not.toMatch(/workload|SPIFFE/);
  });

  it.each(['yes', '', 'TRUE', true, { on: 1 }])(
    'is refused with %j, and the annotation is named',
    (value) => {
      expect(injectPod(asking(value), options)).toMatchObject({
        ok: false,
        error: { subject: 'shop/cart', field: 'isthmus.dev/workload-api' },
      });
    },
  );
});
