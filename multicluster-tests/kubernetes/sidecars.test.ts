/** Requests from a pod in one real cluster to pods in the other, whose ranges are the same: through sidecars and gateways. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { helloManifests, type Hello } from './hello.ts';
import { TOOLS } from './images/ground-images.ts';
import { exported, makeNamespace, state } from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { SPANS_TO, startJaeger, type Jaeger } from './jaeger.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 30_000;
const NODE_PORT = 30_080;
const NAMESPACE = 'shop';
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

const annotations = { 'isthmus.dev/otlp-endpoint': SPANS_TO };
const withWorkloadApi = { ...annotations, 'isthmus.dev/workload-api': 'true' };

/** A pod that only calls, as a user of its own. */
const CALLER = {
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name: 'caller', namespace: NAMESPACE, annotations: withWorkloadApi },
  spec: {
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true },
    containers: [{ name: 'caller', image: TOOLS, command: ['sleep', 'infinity'] }],
  },
};

const denyWest = {
  ...{ apiVersion: 'isthmus.dev/v1alpha1', kind: 'AccessPolicy' },
  metadata: { name: 'not-from-west', namespace: NAMESPACE },
  spec: { deny: [{ from: [{ cluster: 'west' }] }] },
};

/** FetchX509SVID with nothing but HTTP/2: prints the first message as base64. */
const FETCH_SVID = `
  const path = process.env.SPIFFE_ENDPOINT_SOCKET.slice('unix://'.length);
  const session = require('node:http2').connect('http://localhost', {
    createConnection: () => require('node:net').connect(path),
  });
  const stream = session.request({
    ':method': 'POST', ':path': '/SpiffeWorkloadAPI/FetchX509SVID',
    'content-type': 'application/grpc', te: 'trailers', 'workload.spiffe.io': 'true',
  });
  let read = Buffer.alloc(0);
  stream.on('data', (chunk) => {
    read = Buffer.concat([read, chunk]);
    if (read.length < 5 || read.length < 5 + read.readUInt32BE(1)) return;
    console.log(read.subarray(5, 5 + read.readUInt32BE(1)).toString('base64'));
    process.exit(0);
  });
  stream.end(Buffer.alloc(5));
`;

/** Of a protobuf message whose fields are all length-delimited, by number. */
function fieldsOf(message: Buffer): ReadonlyMap<number, readonly Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  };
  while (at < message.length) {
    const [field, length] = [varint() >> 3, varint()];
    fields.set(field, [...(fields.get(field) ?? []), message.subarray(at, at + length)]);
    at += length;
  }
  return fields;
}

describe.skipIf(inject('missing').length > 0)('pods with sidecars in two clusters of the same ranges', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;
  let jaeger: Jaeger;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    jaeger = await startJaeger(ground, say);
    members = await startMembers(ground);
    await makeNamespace(NAMESPACE, [east, west]);
    await start(east, helloManifests(NODE_PORT, { annotations, graceSeconds: 30 }));
    await start(west, JSON.stringify(CALLER));
    await state(east, exported(NAMESPACE));
    await east.kubectl(['rollout', 'status', 'deployment/hello', '-n', NAMESPACE, '--timeout=120s']);
    await west.kubectl(['wait', '--for=condition=Ready', 'pod/caller', '-n', NAMESPACE, '--timeout=120s']);
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  /** As a user does it: `isthmus inject -f - | kubectl apply -f -`. */
  async function start(cluster: Cluster, manifests: string): Promise<void> {
    const injected = await members.inject(manifests, '-n', NAMESPACE, '--image', TOOLS);
    await cluster.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], injected);
  }

  async function call(at = ''): Promise<{
    readonly status: number;
    readonly hello: Hello | undefined;
    readonly text: string;
  }> {
    const url = `http://hello.${NAMESPACE}.svc.clusterset.local/${at}`;
    const curl = [
      'sh',
      '-c',
      `curl --silent --max-time 10 --write-out '\\n%{http_code}' --proxy $ISTHMUS_PROXY ${url}`,
    ];
    const answer = await west.kubectl(['exec', 'caller', '-n', NAMESPACE, '-c', 'caller', '--', ...curl]);
    const [text = '', status = '0'] = answer.split(/\n(?=\d+$)/);
    return {
      status: Number(status),
      hello: status === '200' ? (JSON.parse(text) as Hello) : undefined,
      text,
    };
  }

  async function podsOf(cluster: Cluster): Promise<readonly string[]> {
    const names = '{.items[*].metadata.name}';
    return (
      await cluster.kubectl(['get', 'pods', '-n', NAMESPACE, '-l', 'app=hello', '-o', `jsonpath=${names}`])
    ).split(' ');
  }

  it('answer each other by the name of the service, from all of its pods', async () => {
    const eastern = await podsOf(east);
    expect(eastern).toHaveLength(2);
    // At once, and answered late: a client that asks one after the other keeps to the connection that it has.
    const answers = await vi.waitFor(
      async () => {
        const all = await Promise.all(Array.from({ length: 8 }, () => call('slow')));
        expect(new Set(all.map(({ hello }) => hello?.pod))).toEqual(new Set(eastern));
        return all;
      },
      { timeout: SOON_MS, interval: 500 },
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('are told apart by their identity, and refused by policy', async () => {
    await state(east, denyWest);
    await vi.waitFor(
      async () => {
        const { status, text } = await call();
        expect([status, text]).toEqual([403, expect.stringContaining('access_denied')]);
      },
      { timeout: SOON_MS, interval: 200 },
    );
    await east.kubectl(['delete', 'accesspolicy', 'not-from-west', '-n', NAMESPACE]);
    await vi.waitFor(async () => expect((await call()).status).toBe(200), {
      timeout: SOON_MS,
      interval: 200,
    });
  });

  it('give their application the identity of the pod, by the SPIFFE Workload API', async () => {
    const ask = ['exec', 'caller', '-n', NAMESPACE, '-c', 'caller', '--', 'node', '-e', FETCH_SVID];
    const message = Buffer.from((await west.kubectl(ask)).trim(), 'base64');
    const [svid = Buffer.alloc(0)] = fieldsOf(message).get(1) ?? [];
    const [id, chain, key, roots] = [1, 2, 3, 4].map((field) => fieldsOf(svid).get(field)?.[0]);
    const name = id!.toString();
    expect(name).toMatch(/^spiffe:\/\/west\.acme\/.*shop.*default/);
    const leaf = new X509Certificate(chain!);
    expect(leaf.subjectAltName).toBe(`URI:${name}`);
    expect(leaf.checkPrivateKey(createPrivateKey({ key: key!, format: 'der', type: 'pkcs8' }))).toBe(true);
    const issuer = new X509Certificate(chain!.subarray(leaf.raw.length));
    expect(leaf.verify(issuer.publicKey)).toBe(true);
    expect(issuer.verify(new X509Certificate(roots!).publicKey)).toBe(true);
  });

  it('leave one trace of a request in Jaeger, through both clusters', async () => {
    expect((await call()).status).toBe(200);
    const spans = await vi.waitFor(
      async () => {
        const trace = (await jaeger.tracesOf('caller')).find((entry) => entry.length === 2);
        expect(trace).toBeDefined();
        return trace!;
      },
      { timeout: SOON_MS, interval: 500 },
    );
    const [root, child] = spans.toSorted(
      (a, b) => Number(b.parent === undefined) - Number(a.parent === undefined),
    );
    expect(root).toMatchObject({ service: 'caller', cluster: 'west', kind: 'client', parent: undefined });
    expect(child).toMatchObject({ service: 'hello', cluster: 'east', kind: 'server', parent: root?.id });
  });

  it('lose no request while a pod of the service is killed and comes back', async () => {
    const [victim = ''] = await podsOf(east);
    const killed = east.kubectl([
      'delete',
      'pod',
      victim,
      '-n',
      NAMESPACE,
      '--grace-period=1',
      '--wait=false',
    ]);
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++) statuses.push((await call()).status);
    await killed;
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    await east.kubectl(['rollout', 'status', 'deployment/hello', '-n', NAMESPACE, '--timeout=60s']);
  });

  it('lose no request, idempotent or not, while the Deployment is restarted', async () => {
    const url = `http://hello.${NAMESPACE}.svc.clusterset.local/`;
    const load = west.kubectl([
      'exec',
      'caller',
      '-n',
      NAMESPACE,
      '-c',
      'caller',
      '--',
      'node',
      '-e',
      LOAD,
      url,
    ]);
    await east.kubectl(['rollout', 'restart', 'deployment/hello', '-n', NAMESPACE]);
    await east.kubectl(['rollout', 'status', 'deployment/hello', '-n', NAMESPACE, '--timeout=60s']);
    const { sent, failed } = JSON.parse(await load) as { sent: number; failed: readonly string[] };
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(500);
  });
});

/** For 30 s, 20 requests a second, half of them POST, over connections that stay. */
const LOAD = `
  const http = require('node:http');
  const proxy = new URL(process.env.ISTHMUS_PROXY);
  const agent = new http.Agent({ keepAlive: true });
  const failed = [];
  let [sent, open] = [0, 0];
  const end = (why) => { open -= 1; if (why !== undefined) failed.push(why); };
  const send = () => {
    sent += 1;
    open += 1;
    const path = process.argv[1];
    const headers = { host: new URL(path).host };
    const request = http.request({ agent, host: proxy.hostname, port: proxy.port, method: sent % 2 ? 'GET' : 'POST', path, headers });
    request.on('error', (error) => end(error.message));
    request.on('response', (response) => response.resume().on('end', () => end(response.statusCode === 200 ? undefined : response.statusCode + ' ' + response.headers['x-isthmus-reason'])));
    request.end();
  };
  const timer = setInterval(send, 50);
  setTimeout(() => { clearInterval(timer); setTimeout(() => { console.log(JSON.stringify({ sent, failed })); process.exit(0); }, 2000); }, 30000);
`;
