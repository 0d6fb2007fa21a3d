/** The pods of a headless service `hello`, which say who they are and who called; and a pod to call them from. */
import { answering } from './answering.ts';
import type { Cluster } from './cluster.ts';
import { TOOLS } from './images/ground-images.ts';

/** Answers HTTP with its cluster, its pod and who called, and TCP with its cluster and pod before it is asked. */
const SERVER = `
  const { CLUSTER, HOSTNAME } = process.env;
  require('node:http').createServer((request, response) => {
    response.end([CLUSTER, HOSTNAME, request.headers['x-isthmus-source'] ?? ''].join(' '));
  }).listen(8080);
  require('node:net').createServer((socket) => socket.on('error', () => {}).end(CLUSTER + ' ' + HOSTNAME)).listen(7070);
`;
const PORTS = [
  { name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' },
  { name: 'first', port: 7000, targetPort: 7070, appProtocol: 'tcp' },
];
/** The label `app` of the pods, by which a sidecar knows its service. */
export const APP = 'hello';
const labels = { app: APP };

/** Two pods. */
export function workload(
  kind: 'StatefulSet' | 'Deployment',
  { plan }: Cluster,
  { namespace, annotations = {} }: { readonly namespace: string; readonly annotations?: object },
): object {
  const env = [{ name: 'CLUSTER', value: plan.name }];
  const container = { name: 'hello', image: TOOLS, command: ['node', '-e', SERVER], env };
  const probed = { ...container, readinessProbe: { tcpSocket: { port: 7070 }, periodSeconds: 1 } };
  const named = kind === 'StatefulSet' ? { serviceName: 'hello', podManagementPolicy: 'Parallel' } : {};
  const spec = { terminationGracePeriodSeconds: 0, containers: [probed] };
  return {
    ...{ apiVersion: 'apps/v1', kind, metadata: { name: 'hello', namespace } },
    spec: {
      ...named,
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec },
    },
  };
}

/** The Service over them. */
export function headless(namespace: string): object {
  return answering(namespace, { selector: labels, clusterIP: 'None', ports: PORTS });
}

/** Where to call from. */
export function shell(namespace: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shell', namespace } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'shell', image: TOOLS, command: ['sleep', 'infinity'] }],
    },
  };
}
