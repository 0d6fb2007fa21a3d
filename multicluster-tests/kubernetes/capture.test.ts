/** Pods that know nothing of the mesh, in two real clusters of the same ranges: what they call is captured. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { helloManifests, type Hello } from './hello.ts';
import { TOOLS } from './images/ground-images.ts';
import { exported, imported, makeNamespace, state } from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';
import { PORTS } from '../../mesh/adapters/kubernetes/installation.ts';

const SOON_MS = 30_000;
const NODE_PORT = 30_080;
const NAMESPACE = 'shop';
const NAME = `hello.${NAMESPACE}.svc.clusterset.local`;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

const container = { image: TOOLS, imagePullPolicy: 'IfNotPresent' };
const curl = (url: string): readonly string[] => ['curl', '--silent', '--fail', '--max-time', '10', url];

/** Answers by itself, without a sidecar and without a mesh. */
const ECHO = `require('node:http').createServer((request, response) => response.end('plain')).listen(8080);`;

function pod(name: string, command: readonly string[], labels: object = {}): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, labels } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ ...container, name, command }] },
  };
}

const shell = pod('shell', ['sleep', 'infinity']);
const plain = pod('plain', ['node', '-e', ECHO], { app: 'plain' });
const plainService = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'plain', namespace: NAMESPACE } },
  spec: { selector: { app: 'plain' }, ports: [{ port: 80, targetPort: 8080 }] },
};

/** Ready while /tmp/unready is not there. Answers HTTP on 8080; on 9001 that it serves, as grpc.health.v1 has it. */
const GUARDED = `
  const { existsSync } = require('node:fs');
  require('node:http').createServer((request, response) => {
    response.statusCode = request.url === '/ready' && existsSync('/tmp/unready') ? 503 : 200;
    response.end('guarded');
  }).listen(8080);
  require('node:http2').createServer().on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from('00000000020801', 'hex'));
  }).listen(9001);
`;
const strict = { 'isthmus.dev/inbound': 'strict' };
const often = { periodSeconds: 1, failureThreshold: 2 };
/** With a probe of each kind. */
const guarded = {
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name: 'guarded', namespace: NAMESPACE, labels: { app: 'guarded' }, annotations: strict },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        ...{ ...container, name: 'guarded', command: ['node', '-e', GUARDED] },
        ports: [{ name: 'web', containerPort: 8080 }],
        startupProbe: { grpc: { port: 9001 }, ...often, failureThreshold: 60 },
        readinessProbe: { httpGet: { port: 'web', path: '/ready' }, ...often },
        livenessProbe: { tcpSocket: { port: 8080 }, ...often },
      },
    ],
  },
};
const guardedService = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'guarded', namespace: NAMESPACE } },
  spec: { selector: { app: 'guarded' }, ports: [{ port: 80, targetPort: 8080 }] },
};
const guardedExport = { ...exported(NAMESPACE), metadata: { name: 'guarded', namespace: NAMESPACE } };

/** Both of its containers call the other cluster. */
const job = {
  ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'report', namespace: NAMESPACE } },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: 'Never',
        initContainers: [{ ...container, name: 'fetch', command: curl(`http://${NAME}/`) }],
        containers: [{ ...container, name: 'report', command: curl(`http://${NAME}/`) }],
      },
    },
  },
};

describe.skipIf(inject('missing').length > 0)('a pod whose connections are captured', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = await startMembers(ground);
    await makeNamespace(NAMESPACE, [east, west]);
    await start(east, helloManifests(NODE_PORT));
    await start(east, JSON.stringify(guarded));
    await start(west, JSON.stringify(shell));
    await state(west, plain, plainService);
    await state(east, plain, guardedService, exported(NAMESPACE), guardedExport);
    await east.kubectl(['rollout', 'status', 'deployment/hello', '-n', NAMESPACE, '--timeout=120s']);
    const ready = ['wait', '--for=condition=Ready', '-n', NAMESPACE, '--timeout=120s'];
    await east.kubectl([...ready, 'pod/guarded', 'pod/plain']);
    await west.kubectl([...ready, 'pod/shell', 'pod/plain']);
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  /** As a user does it: `isthmus inject -f - | kubectl apply -f -`. */
  async function start(cluster: Cluster, manifests: string): Promise<void> {
    const injected = await members.inject(manifests, '-n', NAMESPACE, '--image', TOOLS);
    await cluster.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], injected);
  }
  const call = (name: string, url: string): Promise<string> =>
    west.kubectl(['exec', name, '-n', NAMESPACE, '-c', name, '--', ...curl(url)]);
  /** Connections of the shell that its sidecar has taken into the mesh. */
  async function captured(): Promise<number> {
    const text = await call('shell', `http://127.0.0.1:${PORTS.admin}/metrics`);
    return Number(/^isthmus_captured_connections_total\{way="mesh"\} (\d+)$/m.exec(text)?.[1]);
  }
  /** The name of the pod that answered. */
  const podAt = async (url: string): Promise<string> => (JSON.parse(await call('shell', url)) as Hello).pod;

  it('calls a service of the other cluster by its clusterset IP, and by its name', async () => {
    const names = '{.items[*].metadata.name}';
    const listed = ['get', 'pods', '-n', NAMESPACE, '-l', 'app=hello', '-o', `jsonpath=${names}`];
    const eastern = (await east.kubectl(listed)).split(' ');
    const url = await vi.waitFor(
      async () => {
        const [ip = ''] = (await imported(west, NAMESPACE))?.spec.ips ?? [];
        expect(eastern).toContain(await podAt(`http://${ip}/`));
        // The cluster's DNS hears of it by itself, and may have said a moment ago that there is no such name.
        expect(eastern).toContain(await podAt(`http://${NAME}/`));
        return `http://${ip}/`;
      },
      { timeout: SOON_MS, interval: 300 },
    );
    const before = await captured();
    expect(eastern).toContain(await podAt(url));
    expect(eastern).toContain(await podAt(`http://${NAME}/`));
    // A pod without a sidecar gets there too, as nobody: these went by the sidecar.
    expect(await captured()).toBe(before + 2);
  });

  it('calls what is no service of the mesh as ever', async () => {
    expect(await call('shell', `http://plain.${NAMESPACE}/`)).toBe('plain');
    const refused = `curl --silent --max-time 10 http://plain.${NAMESPACE}:81/; echo $?`;
    const shellOf = ['exec', 'shell', '-n', NAMESPACE, '-c', 'shell', '--', 'sh', '-c'];
    expect(await west.kubectl([...shellOf, refused])).toMatch(/^[1-9]/);
  });

  it('lets in the mesh alone when it is strict, and its probes of all kinds go on', async () => {
    const addressOf = (name: string): Promise<string> =>
      east.kubectl([
        'get',
        'pods',
        '-n',
        NAMESPACE,
        '-l',
        `app=${name}`,
        '-o',
        'jsonpath={.items[0].status.podIP}',
      ]);
    const fromPlain = async (name: string): Promise<string> =>
      east.kubectl([
        'exec',
        'plain',
        '-n',
        NAMESPACE,
        '--',
        ...curl(`http://${await addressOf(name)}:8080/`),
      ]);
    expect(await fromPlain('hello')).toContain('pod');
    await expect(fromPlain('guarded')).rejects.toThrow(/exit code 7/);
    await vi.waitFor(
      async () =>
        expect(await call('shell', `http://guarded.${NAMESPACE}.svc.clusterset.local/`)).toBe('guarded'),
      { timeout: SOON_MS, interval: 300 },
    );
    const inGuarded = ['exec', 'guarded', '-n', NAMESPACE, '-c', 'guarded', '--'];
    const wait = ['wait', 'pod/guarded', '-n', NAMESPACE, '--timeout=30s'];
    await east.kubectl([...inGuarded, 'touch', '/tmp/unready']);
    await east.kubectl([...wait, '--for=condition=Ready=false']);
    await east.kubectl([...inGuarded, 'rm', '/tmp/unready']);
    await east.kubectl([...wait, '--for=condition=Ready']);
    const restarts = 'jsonpath={.status.containerStatuses[0].restartCount}';
    expect(await east.kubectl(['get', 'pod', 'guarded', '-n', NAMESPACE, '-o', restarts])).toBe('0');
  });

  it('ends when it is a Job that is done, whose init containers have called too', async () => {
    await start(west, JSON.stringify(job));
    await west.kubectl(['wait', '--for=condition=Complete', 'job/report', '-n', NAMESPACE, '--timeout=60s']);
    const logs = await west.kubectl(['logs', 'job/report', '-n', NAMESPACE, '-c', 'fetch']);
    expect(JSON.parse(logs)).toHaveProperty('pod');
  });
});
