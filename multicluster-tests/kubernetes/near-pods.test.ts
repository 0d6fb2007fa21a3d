/** Headless services in two real clusters of one flat network: their pods are called at their own addresses, and by identity. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { GATEWAY, NAMESPACE as SYSTEM } from '../../mesh/adapters/kubernetes/installation.ts';
import { inAsker, lookUp, podAddresses, startAsker } from './answering.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { APP, headless, shell, workload } from './headless-pods.ts';
import { TOOLS } from './images/ground-images.ts';
import { exported, makeNamespace, state } from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 30_000;
const NAMESPACE = 'shop';
const SERVICE = `hello.${NAMESPACE}.svc.clusterset.local`;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

describe.skipIf(inject('missing').length > 0)('a headless service in clusters of one network', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'flat' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = await startMembers(ground);
    await makeNamespace(NAMESPACE, [east, west]);
    await state(east, headless(NAMESPACE), exported(NAMESPACE));
    const annotations = { 'isthmus.dev/inbound': 'strict' };
    await start(east, workload('StatefulSet', east, { namespace: NAMESPACE, annotations }));
    for (const cluster of [east, west]) await start(cluster, shell(NAMESPACE));
    await startAsker(west);
    await east.kubectl(['rollout', 'status', 'statefulset/hello', '-n', NAMESPACE, '--timeout=120s']);
    for (const { kubectl } of [east, west])
      await kubectl(['wait', '--for=condition=Ready', 'pod/shell', '-n', NAMESPACE, '--timeout=60s']);
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  /** With a sidecar, as a user does it. */
  async function start(cluster: Cluster, object: object): Promise<void> {
    const injected = await members.inject(JSON.stringify(object), '-n', NAMESPACE, '--image', TOOLS);
    await cluster.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], injected);
  }
  const sh = ({ kubectl }: Cluster, script: string): Promise<string> =>
    kubectl(['exec', 'shell', '-n', NAMESPACE, '-c', 'shell', '--', 'sh', '-c', script]);
  const get = (host: string): string => `curl --silent --max-time 10 http://${host}:8080/`;
  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });
  const caller = ({ plan }: Cluster): string => `spiffe://${plan.name}.acme/ns/${NAMESPACE}/sa/default`;

  it('is called by identity at the addresses of its pods, which let in the mesh alone', async () => {
    const pods = await podAddresses(east, NAMESPACE, APP);
    await soon(async () => expect(await lookUp(west, SERVICE)).toEqual(pods));
    for (const pod of ['hello-0', 'hello-1']) {
      const host = `${pod}.east.${SERVICE}`;
      await soon(async () => expect(await sh(west, get(host))).toBe(`east ${pod} ${caller(west)}`));
      expect(await sh(west, `nc -w 2 ${host} 7070 < /dev/null`)).toBe(`east ${pod}`);
      // Who has no sidecar is refused.
      await expect(inAsker(west, ['sh', '-c', get(host)])).rejects.toThrow(/exit code 7/);
    }
    expect(await sh(west, get(SERVICE))).toMatch(/^east hello-[01] spiffe:\/\/west/);
  });

  it.each(['hello-1.hello', `hello-1.hello.${NAMESPACE}.svc.cluster.local`, `hello-1.east.${SERVICE}`])(
    'is called by identity in its own cluster too, as %s',
    async (host) => {
      await soon(async () => expect(await sh(east, get(host))).toBe(`east hello-1 ${caller(east)}`));
    },
  );

  it('is called without any gateway', async () => {
    await east.kubectl(['scale', `deployment/${GATEWAY}`, '-n', SYSTEM, '--replicas=0']);
    const gone = [
      'wait',
      '--for=delete',
      'pods',
      '-l',
      `app.kubernetes.io/component=${GATEWAY}`,
      '-n',
      SYSTEM,
    ];
    await east.kubectl([...gone, '--timeout=60s']);
    expect(await sh(west, `nc -w 2 hello-0.east.${SERVICE} 7070 < /dev/null`)).toBe('east hello-0');
    expect(await sh(west, get(`hello-1.east.${SERVICE}`))).toBe(`east hello-1 ${caller(west)}`);
  });
});
