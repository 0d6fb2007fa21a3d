/** Pods without a sidecar in two real clusters whose pod ranges are the same: they call each other, and pods that have one. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { TOOLS } from './images/ground-images.ts';
import { exported, makeNamespace, state, unexport } from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 30_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

/** Answers HTTP with its cluster and what it was asked for, and TCP 7000 with its cluster before it is asked. */
const SERVER = `
  const { CLUSTER } = process.env;
  require('node:http').createServer((request, response) => {
    const source = request.headers['x-isthmus-source'] ?? '';
    let bytes = 0;
    request.on('data', (chunk) => { bytes += chunk.length; }).on('end', () => response.end([CLUSTER, request.method, bytes, source].join(' ')));
  }).listen(8080);
  require('node:net').createServer((socket) => socket.on('error', () => {}).end('from ' + CLUSTER)).listen(7070);
`;
const PORTS = [
  { name: 'http', port: 80, targetPort: 'web', appProtocol: 'http' },
  { name: 'first', port: 7000, targetPort: 7070, appProtocol: 'tcp' },
];
const labels = { app: 'hello' };

describe.skipIf(inject('missing').length > 0)(
  'pods without a sidecar, in clusters of the same ranges',
  () => {
    let east: Cluster;
    let west: Cluster;
    let members: Members;
    let namespaces = 0;

    beforeAll(async () => {
      const ground = await raiseGround(
        planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
        say,
      );
      [east, west] = ground.clusters as [Cluster, Cluster];
      members = await startMembers(ground);
      await Promise.all([east, west].map((cluster) => state(cluster, pod('caller', 'default'))));
      const ready = ['wait', '--for=condition=Ready', 'pod/caller', '--timeout=120s'];
      await Promise.all([east, west].map((cluster) => cluster.kubectl(ready)));
    });
    afterAll(() => tearDown(TEST_GROUNDS.shared));

    const soon = <T>(check: () => Promise<T>): Promise<T> =>
      vi.waitFor(check, { timeout: SOON_MS, interval: 300 });

    function pod(name: string, namespace: string): object {
      return {
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name, image: TOOLS, command: ['sleep', 'infinity'] }],
        },
      };
    }

    /** A Deployment of the service `hello`, and its Service. */
    function serving({ plan }: Cluster, namespace: string): readonly object[] {
      const env = [{ name: 'CLUSTER', value: plan.name }];
      const container = { name: 'hello', image: TOOLS, command: ['node', '-e', SERVER], env };
      const ports = [{ name: 'web', containerPort: 8080 }];
      const probed = { ...container, ports, readinessProbe: { tcpSocket: { port: 7070 }, periodSeconds: 1 } };
      const spec = { terminationGracePeriodSeconds: 0, containers: [probed] };
      return [
        {
          ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hello', namespace } },
          spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
        },
        {
          ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'hello', namespace } },
          spec: { selector: labels, ports: PORTS },
        },
      ];
    }

    /** A new namespace in both, with the service in these, exported. */
    async function within(...clusters: readonly Cluster[]): Promise<string> {
      const namespace = await makeNamespace(`plain-${++namespaces}`, [east, west]);
      await Promise.all(
        clusters.map(async (cluster) => {
          await state(cluster, ...serving(cluster, namespace), exported(namespace));
          await rolledOut(cluster, namespace);
        }),
      );
      return namespace;
    }
    async function rolledOut({ kubectl }: Cluster, namespace: string): Promise<void> {
      await kubectl(['rollout', 'status', 'deployment/hello', '-n', namespace, '--timeout=120s']);
    }
    function sh({ kubectl }: Cluster, script: string): Promise<string> {
      return kubectl(['exec', 'caller', '--', 'sh', '-c', script]);
    }
    const hostOf = (namespace: string): string => `hello.${namespace}.svc.clusterset.local`;
    const call = (cluster: Cluster, namespace: string, rest = ''): Promise<string> =>
      sh(
        cluster,
        `curl --silent --max-time 10 --write-out ' %{http_code}' ${rest} http://${hostOf(namespace)}/`,
      );

    it('call each other by the clusterset IP, over HTTP and TCP', async () => {
      const namespace = await within(west);
      await soon(async () => expect(await call(east, namespace)).toMatch(/^west GET 0 \S+ 200$/));
      // The server is told that the other cluster's gateway calls, for somebody who has no identity of the mesh.
      expect(await call(east, namespace)).toContain('spiffe://east.acme/isthmus/gateway');
      const post = await call(east, namespace, '--data-binary @/usr/bin/curl');
      expect(post).toMatch(/^west POST [1-9]\d{4,} \S+ 200$/);
      expect(await sh(east, `nc -w 2 ${hostOf(namespace)} 7000 < /dev/null`)).toBe('from west');
      const slices = ['get', 'endpointslices', '-n', namespace, '-o', 'json', '-l'];
      const source = 'multicluster.kubernetes.io/source-cluster=west';
      expect(
        (JSON.parse(await east.kubectl([...slices, source])) as { items: unknown[] }).items,
      ).toHaveLength(1);
    });

    it('reach pods that have a sidecar, and are reached by them', async () => {
      const namespace = await within(west);
      const shell = { ...pod('shell', namespace) };
      const injected = await members.inject(JSON.stringify(shell), '-n', namespace, '--image', TOOLS);
      await east.kubectl(['apply', '-n', namespace, '-f', '-'], injected);
      await east.kubectl(['wait', '--for=condition=Ready', 'pod/shell', '-n', namespace, '--timeout=60s']);
      const curl = `curl --silent --max-time 10 --proxy $ISTHMUS_PROXY http://${hostOf(namespace)}/`;
      const meshed = ['exec', 'shell', '-n', namespace, '-c', 'shell', '--', 'sh', '-c', curl];
      await soon(async () =>
        expect(await east.kubectl(meshed)).toBe(`west GET 0 spiffe://east.acme/ns/${namespace}/sa/default`),
      );
      const deployment = JSON.stringify(serving(west, namespace)[0]);
      const withSidecar = await members.inject(deployment, '-n', namespace, '--image', TOOLS);
      await west.kubectl(['apply', '-n', namespace, '-f', '-'], withSidecar);
      await rolledOut(west, namespace);
      await soon(async () => {
        const endpoints = await members.isthmus(west, 'get', 'endpoints', '-o', 'json');
        const rows = JSON.parse(endpoints) as readonly { service: string; serviceAccount?: string }[];
        const own = rows.filter(({ service }) => service === `${namespace}/hello`);
        expect(own.map(({ serviceAccount }) => serviceAccount)).toEqual(['default']);
      });
      await soon(async () => expect(await call(east, namespace)).toMatch(/^west GET 0 \S+ 200$/));
    });

    it('are let in nowhere where a policy lets in only who is named', async () => {
      const namespace = await within(west);
      await soon(async () => expect(await call(east, namespace)).toMatch(/ 200$/));
      await state(west, {
        ...{ apiVersion: 'isthmus.dev/v1alpha1', kind: 'AccessPolicy' },
        metadata: { name: 'web-only', namespace },
        spec: { allow: [{ from: [{ namespace: 'web' }] }] },
      });
      await soon(async () => expect(await call(east, namespace)).toMatch(/access_denied.* 403$/s));
      await west.kubectl(['delete', 'accesspolicy', 'web-only', '-n', namespace]);
      await soon(async () => expect(await call(east, namespace)).toMatch(/ 200$/));
    });

    it('M9: are led to no pods of their own cluster that it does not export, and to those that it does', async () => {
      const namespace = await within(east, west);
      await unexport(east, namespace);
      const script = `for i in $(seq 10); do curl --silent --max-time 5 http://${hostOf(namespace)}/; echo; done`;
      await soon(async () => expect(await sh(east, script)).toMatch(/^(west \S+ 0 \S+\n){10}$/));
      await state(east, exported(namespace));
      await soon(async () => expect(await sh(east, script)).toContain('east '));
    });

    it('go on with the other cluster when those of their own have gone', async () => {
      const namespace = await within(east, west);
      await soon(async () => expect(await call(east, namespace)).toMatch(/ 200$/));
      await east.kubectl(['scale', 'deployment/hello', '-n', namespace, '--replicas=0']);
      const script = `for i in $(seq 10); do curl --silent --max-time 5 http://${hostOf(namespace)}/; echo; done`;
      await soon(async () => expect(await sh(east, script)).toMatch(/^(west \S+ 0 \S+\n){10}$/));
    });

    it('lose no request while the gateways, and the plain proxies with them, are restarted', async () => {
      const namespace = await within(west);
      await soon(async () => expect(await call(east, namespace)).toMatch(/ 200$/));
      const load = sh(
        east,
        `for i in $(seq 300); do curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}\\n' http://${hostOf(namespace)}/; sleep 0.1; done | sort | uniq -c`,
      );
      for (const cluster of [east, west]) {
        await cluster.kubectl(['rollout', 'restart', 'deployment/isthmus-gateway', '-n', 'isthmus-system']);
      }
      const counts = await load;
      expect(counts.trim()).toBe('300 200');
      for (const cluster of [east, west]) {
        const status = ['rollout', 'status', 'deployment/isthmus-gateway', '-n', 'isthmus-system'];
        await cluster.kubectl([...status, '--timeout=180s']);
      }
    });
  },
);
