/**
 * CoreDNS of one cluster, on its node, where the kubelet sends its pods: `cluster.local`, and `clusterset.local` by the
 * multicluster plugin. The second zone stands alone, because its plugin waits for the ServiceImport resource, which a
 * new cluster has not.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kubeconfigFile } from './certificates.ts';
import type { Site } from './site.ts';
import type { ClusterPlan } from './plan.ts';
import { succeeds } from './run.ts';
import { untilReady } from './until-ready.ts';

const READY_PORT = 8181;

export async function startDns({ plan, node, programs }: Site): Promise<void> {
  const file = path.join(plan.folder, 'Corefile');
  await writeFile(file, corefile(plan));
  const coredns = node.start('coredns', [programs.coredns, '-conf', file]);
  const ask = ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${READY_PORT} && ${GET_READY}`];
  await untilReady(coredns, `cluster DNS of ${plan.name}`, () => succeeds(node.on(ask)));
}

const GET_READY = `printf 'GET /ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '`;

function corefile(plan: ClusterPlan): string {
  const kubeconfig = kubeconfigFile(plan, 'coredns');
  return `.:53 {
  bind ${plan.nodeAddress}
  errors
  ready 127.0.0.1:${READY_PORT}
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
  }
}
clusterset.local:53 {
  bind ${plan.nodeAddress}
  errors
  kubernetes clusterset.local {
    kubeconfig ${kubeconfig}
    multicluster clusterset.local
    startup_timeout 1s
  }
}
`;
}
