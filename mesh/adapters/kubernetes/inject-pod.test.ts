import { describe, expect, it } from 'vitest';
import { injectPod, type InjectOptions, type PodForm } from './inject-pod.ts';

const options: InjectOptions = { image: 'isthmus:1', namespace: 'shop', owner: 'cart-v2' };
const app = { name: 'app', image: 'cart:7', ports: [{ name: 'http', containerPort: 8080 }] };

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly restartPolicy?: string;
}

function injected(pod: PodForm): {
  readonly metadata: NonNullable<PodForm['metadata']>;
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly initContainers: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes: readonly { readonly name: string }[];
  };
} {
  const result = injectPod(pod, options);
  if (!result.ok || result.value === undefined) throw new Error('has no sidecar');
  return result.value as ReturnType<typeof injected>;
}
/** `--service` and what follows it. */
function argument(pod: PodForm, name: string): string | undefined {
  const { command = [] } = injected(pod).spec.initContainers[0] ?? { name: '' };
  const at = command.indexOf(`--${name}`);
  return at === -1 ? undefined : command[at + 1];
}
const annotated = (annotations: Readonly<Record<string, string>>, labels = {}): PodForm => ({
  ...{ metadata: { labels, annotations }, spec: { containers: [app] } },
});

describe('a pod that gets a sidecar', () => {
  it('starts it before its own init containers, and keeps all that it had', () => {
    const spec = {
      ...{ containers: [app], initContainers: [{ name: 'migrate' }], volumes: [{ name: 'data' }] },
      ...{ serviceAccountName: 'cart', nodeSelector: { disk: 'ssd' } },
    };
    const { spec: made, metadata } = injected({ metadata: { labels: { app: 'cart' } }, spec });
    expect(made.initContainers.map(({ name }) => name)).toEqual(['isthmus-sidecar', 'migrate']);
    expect(made.initContainers[0]).toMatchObject({ restartPolicy: 'Always', image: 'isthmus:1' });
    expect(made.containers).toMatchObject([app]);
    expect(made.volumes[0]).toEqual({ name: 'data' });
    expect(made['nodeSelector']).toEqual({ disk: 'ssd' });
    expect(metadata).toMatchObject({ labels: { app: 'cart' } });
  });

  it('is the same when it is done twice, with what the owner has changed since', () => {
    const once = injected({ spec: { containers: [app] } });
    const twice = injected({
      ...once,
      spec: { ...once.spec, containers: [{ ...once.spec.containers[0], image: 'cart:8' }] },
    });
    expect(twice.spec.initContainers).toEqual(once.spec.initContainers);
    expect(twice.spec.volumes).toEqual(once.spec.volumes);
    expect(twice.spec.containers).toEqual([{ ...once.spec.containers[0], image: 'cart:8' }]);
  });

  it('tells its containers where the mesh begins', () => {
    const env = [{ name: 'MODE', value: 'fast' }];
    expect(injected({ spec: { containers: [{ ...app, env }] } }).spec.containers[0]?.env).toEqual([
      { name: 'MODE', value: 'fast' },
      { name: 'ISTHMUS_PROXY', value: 'http://127.0.0.1:15001' },
    ]);
  });

  it('gives its containers time to leave, unless they take their own', () => {
    const lifecycle = { preStop: { exec: { command: ['drain'] } } };
    const [plain, own] = injected({ spec: { containers: [app, { ...app, lifecycle }] } }).spec.containers;
    expect(plain).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 5 } } } });
    expect(own).toMatchObject({ lifecycle });
  });

  it.each([
    [30, 5],
    [6, 3],
    [1, undefined],
    [0, undefined],
  ])(
    'has, of %s seconds to end in, %s until its application is told',
    (terminationGracePeriodSeconds, seconds) => {
      const [container] = injected({ spec: { containers: [app], terminationGracePeriodSeconds } }).spec
        .containers;
      const lifecycle = seconds === undefined ? undefined : { preStop: { sleep: { seconds } } };
      expect((container as unknown as Record<string, unknown>)['lifecycle']).toEqual(lifecycle);
    },
  );

  it.each([
    ['an annotation', annotated({ 'isthmus.dev/service': 'basket' }, { app: 'cart' }), 'basket'],
    ['the recommended label', annotated({}, { 'app.kubernetes.io/name': 'cart', app: 'x' }), 'cart'],
    ['the usual label', annotated({}, { app: 'cart' }), 'cart'],
    ['the name of its workload', annotated({}), 'cart-v2'],
  ])('is an endpoint of the service that %s names', (_what, pod, service) => {
    expect(argument(pod, 'service')).toBe(service);
    expect(argument(pod, 'namespace')).toBe('shop');
  });

  it('speaks as the service account of the pod', () => {
    expect(argument({ spec: { containers: [app] } }, 'service-account')).toBe('default');
    expect(argument({ spec: { containers: [app], serviceAccountName: 'cart' } }, 'service-account')).toBe(
      'cart',
    );
  });

  it.each([
    ['its first container port', annotated({}), '8080'],
    ['the annotation', annotated({ 'isthmus.dev/port': '9090' }), '9090'],
    ['nowhere, if it says so', annotated({ 'isthmus.dev/port': 'none' }), undefined],
    ['nowhere, if it has no ports', { spec: { containers: [{ name: 'job' }] } }, undefined],
  ])('listens at %s', (_where, pod, port) => {
    expect(argument(pod, 'port')).toBe(port);
  });

  it('sends its spans where its annotation says', () => {
    const [sidecar] = injected(annotated({ 'isthmus.dev/otlp-endpoint': 'http://jaeger:4318' })).spec
      .initContainers;
    expect(sidecar?.env).toContainEqual({ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://jaeger:4318' });
  });
});

describe('a pod that gets none', () => {
  it.each([
    ['an annotation', annotated({ 'isthmus.dev/inject': 'false' })],
    ['an older annotation', annotated({ 'isthmus.dev/inject': 'disabled' })],
    ['a label', annotated({}, { 'isthmus.dev/inject': 'false' })],
  ])('is one that says so with %s', (_how, pod) => {
    expect(injectPod(pod, options)).toEqual({ ok: true, value: undefined });
  });

  it.each([
    [{ spec: { hostNetwork: true, containers: [app] } }, 'spec.hostNetwork'],
    [annotated({ 'isthmus.dev/service': 'Cart_1' }), 'isthmus.dev/service'],
    [annotated({ 'isthmus.dev/port': 'http' }), 'isthmus.dev/port'],
  ])('is refused where it cannot have one, and the field is named', (pod, field) => {
    expect(injectPod(pod, options)).toMatchObject({ ok: false, error: { subject: 'shop/cart-v2', field } });
  });
});
