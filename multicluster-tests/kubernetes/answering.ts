/**
 * A service whose pods say who they are, as the conformance suite of the MCS API has one: `pod ip <address>` on TCP 42 and
 * UDP 42; and a pod that asks.
 */
import type { Cluster } from './cluster.ts';
import { TOOLS } from './images/ground-images.ts';
import { state } from './mcs-objects.ts';

const SERVER = `
  const text = 'pod ip ' + process.env.POD_IP + '\\n';
  for (const port of [8042, 8043]) require('node:net').createServer((socket) => socket.on('error', () => {}).end(text)).listen(port);
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (_, from) => udp.send(text, from.port, from.address)).bind(8042);
`;

const labels = { app: 'answering' };
const container = { image: TOOLS, imagePullPolicy: 'IfNotPresent' };
const podIp = { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };
const server = { ...container, name: 'server', command: ['node', '-e', SERVER], env: [podIp] };

/** Ports of the service `hello`: `tcp` and `udp`, both 42. */
export const TCP = { name: 'tcp', protocol: 'TCP', port: 42, targetPort: 8042 };
export const UDP = { name: 'udp', protocol: 'UDP', port: 42, targetPort: 8042 };

/** Two pods, with host names of their own; they are ready when it resolves. */
export async function startAnswering(cluster: Cluster, namespace: string): Promise<void> {
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [server] } };
  await state(cluster, {
    ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'hello', namespace } },
    spec: {
      replicas: 2,
      serviceName: 'hello',
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template,
    },
  });
  await cluster.kubectl(['rollout', 'status', 'statefulset/hello', '-n', namespace, '--timeout=120s']);
}

/** The Service over them. */
export function answering(namespace: string, spec: object = {}): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'hello', namespace } },
    spec: { selector: labels, ports: [TCP, UDP], ...spec },
  };
}

export async function startAsker(cluster: Cluster): Promise<void> {
  await state(cluster, {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'asker', namespace: 'default' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ ...container, name: 'asker', command: ['sleep', 'infinity'] }],
    },
  });
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/asker', '--timeout=120s']);
}

export function inAsker({ kubectl }: Cluster, command: readonly string[]): Promise<string> {
  return kubectl(['exec', 'asker', '--', ...command]);
}

/** The addresses of the pods that answered, call by call; empty: nobody did. */
export async function ask(
  cluster: Cluster,
  host: string,
  { port = 42, times = 1 } = {},
): Promise<readonly string[]> {
  const call = `nc -w 1 ${host} ${port} < /dev/null || true; echo`;
  const text = await inAsker(cluster, ['sh', '-c', `for i in $(seq ${times}); do ${call}; done`]);
  return [...text.matchAll(/pod ip (\S+)/g)].map(([, address = '']) => address);
}

/** The answers of the cluster's DNS, sorted. */
export async function lookUp(cluster: Cluster, name: string, type = 'A'): Promise<readonly string[]> {
  const text = await inAsker(cluster, ['dig', '+short', '+tries=1', '+time=2', `${name}.`, type]);
  return text.split('\n').filter(Boolean).sort();
}

/** Of the pods with this label `app`, sorted. */
export async function podAddresses(
  { kubectl }: Cluster,
  namespace: string,
  app = labels.app,
): Promise<readonly string[]> {
  const addresses = 'jsonpath={.items[*].status.podIP}';
  const text = await kubectl(['get', 'pods', '-n', namespace, '-l', `app=${app}`, '-o', addresses]);
  return text.split(' ').filter(Boolean).sort();
}
