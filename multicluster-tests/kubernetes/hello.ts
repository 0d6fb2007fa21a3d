/**
 * A small service for tests on clusters: a Deployment whose pods answer with their name and the address that called
 * them, beside a native sidecar that they must not start before. To `/slow` they answer after half a second.
 */
import { stringify } from 'yaml';
import { TOOLS } from './images/ground-images.ts';

export interface Hello {
  /** The pod that answered. */
  readonly pod: string;
  /** The address that called it. */
  readonly from: string;
}

const SERVER = `
  const answer = (request) => ({ pod: process.env.HOSTNAME, from: request.socket.remoteAddress.replace('::ffff:', '') });
  require('node:http').createServer((request, response) => {
    console.log('asked for ' + request.url);
    setTimeout(() => response.end(JSON.stringify(answer(request))), request.url === '/slow' ? 500 : 0);
  }).listen(8080);
`;

/** The sidecar listens a second after it starts: a pod that did not wait for it would show in its log. */
const SIDECAR = `setTimeout(() => require('node:net').createServer().listen(9090), 1000)`;
const WAITED = `
  require('node:net').connect(9090, '127.0.0.1')
    .on('connect', () => process.exit(0))
    .on('error', () => { console.log('the sidecar was not there'); process.exit(1); });
`;

export function helloManifests(
  nodePort: number,
  pods: { readonly annotations?: Readonly<Record<string, string>>; readonly graceSeconds?: number } = {},
): string {
  const labels = { app: 'hello' };
  const container = { image: TOOLS, imagePullPolicy: 'Never' };
  const probe = (port: number): object => ({ tcpSocket: { port }, periodSeconds: 1, failureThreshold: 60 });
  const pod = {
    terminationGracePeriodSeconds: pods.graceSeconds ?? 0,
    initContainers: [
      {
        ...{ ...container, name: 'sidecar', command: ['node', '-e', SIDECAR] },
        ...{ restartPolicy: 'Always', startupProbe: probe(9090) },
      },
      { ...container, name: 'waited', command: ['node', '-e', WAITED] },
    ],
    containers: [
      {
        ...{ ...container, name: 'hello', command: ['node', '-e', SERVER] },
        ports: [{ containerPort: 8080 }],
        // Without it the kernel gives it next to nothing while programs that ask for some start beside it.
        resources: { requests: { cpu: '100m' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
      },
    ],
  };
  const deployment = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hello' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations: pods.annotations ?? {} }, spec: pod },
    },
  };
  const service = {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'hello' } },
    spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 8080, nodePort }] },
  };
  return [deployment, service].map((object) => stringify(object)).join('---\n');
}
