import { describe, expect, it } from 'vitest';
import { injectPod, type InjectOptions, type PodForm } from './inject-pod.ts';

const options: InjectOptions = { image: 'isthmus:1', namespace: 'shop', owner: 'cart-v2' };
const app = { name: 'app', image: 'cart:7', ports: [{ name: 'http', containerPort: 8080 }] };

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly restartPolicy?: string;
  readonly securityContext?: Readonly<Record<string, unknown>>;
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
    expect(made.initContainers.map(({ name }) => name)).toEqual([
      ...['isthmus-sidecar', 'isthmus-capture', 'migrate'],
    ]);
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

  it('keeps little memory for what is young, as there is a sidecar in each pod', () => {
    const { command } = injected({ spec: { containers: [app] } }).spec.initContainers[0] ?? {};
    expect(command).toContain('--max-semi-space-size=4');
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

describe('a pod whose connections are captured', () => {
  const [sidecar, capture] = injected({ spec: { containers: [app] } }).spec.initContainers;

  it('has one container that may change its network, which ends before the application begins', () => {
    expect(capture).toMatchObject({
      ...{
        name: 'isthmus-capture',
        image: 'isthmus:1',
        command: ['nft', expect.stringContaining('redirect')],
      },
      securityContext: {
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsUser: 0 },
        capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      },
    });
    expect(capture).not.toHaveProperty('restartPolicy');
  });

  it('has a sidecar of a user of its own, which is told of it', () => {
    expect(sidecar?.securityContext).toMatchObject({ runAsUser: 15_001, capabilities: { drop: ['ALL'] } });
    expect(sidecar?.env).toContainEqual({ name: 'ISTHMUS_CAPTURE', value: 'outbound' });
    expect(capture?.command?.[1]).toContain('meta skuid 15001 return');
  });

  it('is captured by the rules that its annotations ask for', () => {
    const pod = annotated({ 'isthmus.dev/capture-exclude-ports': '5432', 'isthmus.dev/inbound': 'strict' });
    const rules = injected(pod).spec.initContainers[1]?.command?.[1];
    expect(rules).toContain('tcp dport { 5432 } return');
    expect(rules).toContain('chain input');
  });

  it('is as any other when it says none, also after it was captured', () => {
    const { spec } = injected({ spec: { containers: [app] } });
    const { initContainers } = injected({
      metadata: { annotations: { 'isthmus.dev/capture': 'none' } },
      spec,
    }).spec;
    expect(initContainers.map(({ name }) => name)).toEqual(['isthmus-sidecar']);
    expect(initContainers[0]?.securityContext).toMatchObject({ runAsUser: 65_532, runAsNonRoot: true });
    expect(initContainers[0]?.env?.map(({ name }) => name)).not.toContain('ISTHMUS_CAPTURE');
  });
});

describe('a pod that lets in nobody but the mesh', () => {
  const strict = { 'isthmus.dev/inbound': 'strict' };
  const readinessProbe = { httpGet: { port: 'http', path: '/ready' }, periodSeconds: 1 };
  const helper = { name: 'helper', restartPolicy: 'Always', startupProbe: { tcpSocket: { port: 9090 } } };
  const given = { containers: [{ ...app, readinessProbe }], initContainers: [helper] };
  const probesOf = (pod: PodForm): unknown => {
    const text = injected(pod).spec.initContainers[0]?.env?.find(({ name }) => name === 'ISTHMUS_APP_PROBES');
    return text?.value === undefined ? undefined : JSON.parse(text.value);
  };

  it('has its probes asked of the sidecar, those of its other sidecars too', () => {
    const pod = { metadata: { annotations: strict }, spec: given };
    expect(probesOf(pod)).toEqual({
      'app/readinessProbe': { httpGet: { port: 8080, path: '/ready' } },
      'helper/startupProbe': { tcpSocket: { port: 9090 } },
    });
    const { containers, initContainers } = injected(pod).spec;
    const at = (name: string): object => ({ httpGet: { path: `/app-health/${name}`, port: 15_020 } });
    expect(containers[0]).toMatchObject({
      readinessProbe: { ...at('app/readinessProbe'), periodSeconds: 1 },
    });
    expect(initContainers[2]).toMatchObject({ startupProbe: at('helper/startupProbe') });
  });

  it('keeps them when it is done twice, and gets them back when it lets others in again', () => {
    const once = injected({ metadata: { annotations: strict }, spec: given });
    expect(injected(once).spec).toEqual(once.spec);
    const again = injected({ ...once, metadata: { annotations: { 'isthmus.dev/inbound': 'permissive' } } });
    expect(again.spec.containers[0]).toMatchObject({
      readinessProbe: { httpGet: { port: 8080, path: '/ready' }, periodSeconds: 1 },
    });
    expect(probesOf(again)).toBeUndefined();
  });

  it('is one whose probes are asked by the kubelet itself, unless it is strict', () => {
    const { containers } = injected({ spec: given }).spec;
    expect(containers[0]).toMatchObject({ readinessProbe });
    expect(probesOf({ spec: given })).toBeUndefined();
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
    ...['', '0', '65536', '80 '].map((value) => ['port', value]),
    ...['', 'jaeger:4318', 'ftp://jaeger', 'http://'].map((value) => ['otlp-endpoint', value]),
  ])('is one whose sidecar could not start, or would do nothing: %s "%s"', (name, value) => {
    const field = `isthmus.dev/${name}`;
    expect(injectPod(annotated({ [field]: value }), options)).toMatchObject({ ok: false, error: { field } });
  });

  it('is one with an address for its spans that is too long for a variable', () => {
    const url = (letters: number): PodForm =>
      annotated({ 'isthmus.dev/otlp-endpoint': `http://${'j'.repeat(letters)}` });
    expect([url(2041), url(2042)].map((pod) => injectPod(pod, options).ok)).toEqual([true, false]);
  });

  it.each([
    [{ spec: { hostNetwork: true, containers: [app] } }, 'spec.hostNetwork'],
    [annotated({ 'isthmus.dev/service': 'Cart_1' }), 'isthmus.dev/service'],
    [annotated({ 'isthmus.dev/port': 'http' }), 'isthmus.dev/port'],
    [annotated({ 'isthmus.dev/capture': 'some' }), 'isthmus.dev/capture'],
    [
      {
        metadata: { annotations: { 'isthmus.dev/inbound': 'strict' } },
        spec: { containers: [{ ...app, livenessProbe: { tcpSocket: { port: 0 } } }] },
      },
      'app/livenessProbe',
    ],
    [
      { spec: { containers: [app], securityContext: { runAsUser: 15_001 } } },
      'spec.securityContext.runAsUser',
    ],
    [
      { spec: { containers: [{ ...app, securityContext: { runAsUser: 15_001 } }] } },
      'spec.securityContext.runAsUser',
    ],
  ])('is refused where it cannot have one, and the field is named', (pod, field) => {
    expect(injectPod(pod, options)).toMatchObject({ ok: false, error: { subject: 'shop/cart-v2', field } });
  });
});
