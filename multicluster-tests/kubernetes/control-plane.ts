/** etcd, API server, controller manager and scheduler of one cluster, on its node. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { certificateFile, keyFile, kubeconfigFile } from './certificates.ts';
import type { Site } from './site.ts';
import { flags } from './flags.ts';
import { kubectl } from './kubectl.ts';
import { logOf } from './node.ts';
import type { ClusterPlan } from './plan.ts';
import { untilReady } from './until-ready.ts';

const ETCD_CLIENTS = 'http://127.0.0.1:2379';
const ETCD_PEERS = 'http://127.0.0.1:2380';

export async function startControlPlane(site: Site): Promise<void> {
  const { plan, node, programs } = site;
  node.start('etcd', [programs.etcd, ...etcdFlags(plan)]);
  await writeFile(auditPolicyFile(plan), stringify(AUDIT_POLICY));
  const api = node.start('kube-apiserver', [programs['kube-apiserver'], ...apiServerFlags(plan)]);
  await untilReady(api, `API server of ${plan.name}`, async () => {
    return (await kubectl(site, ['get', '--raw', '/readyz'])) === 'ok';
  });
  node.start('kube-controller-manager', [
    programs['kube-controller-manager'],
    ...controllerManagerFlags(plan),
  ]);
  node.start('kube-scheduler', [programs['kube-scheduler'], ...schedulerFlags(plan)]);
}

function etcdFlags(plan: ClusterPlan): string[] {
  return flags({
    name: plan.name,
    'data-dir': '/var/lib/etcd',
    'unsafe-no-fsync': true,
    'log-level': 'warn',
    'listen-client-urls': ETCD_CLIENTS,
    'advertise-client-urls': ETCD_CLIENTS,
    'listen-peer-urls': ETCD_PEERS,
    'initial-advertise-peer-urls': ETCD_PEERS,
    'initial-cluster': `${plan.name}=${ETCD_PEERS}`,
  });
}

function apiServerFlags(plan: ClusterPlan): string[] {
  return flags({
    'etcd-servers': ETCD_CLIENTS,
    'bind-address': plan.nodeAddress,
    'advertise-address': plan.nodeAddress,
    'secure-port': 6443,
    'tls-cert-file': certificateFile(plan, 'apiserver'),
    'tls-private-key-file': keyFile(plan, 'apiserver'),
    'client-ca-file': certificateFile(plan, 'ca'),
    'service-account-key-file': `${keyFile(plan, 'service-accounts')}.pub`,
    'service-account-signing-key-file': keyFile(plan, 'service-accounts'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-cluster-ip-range': plan.serviceRange,
    'kubelet-client-certificate': certificateFile(plan, 'admin'),
    'kubelet-client-key': keyFile(plan, 'admin'),
    'kubelet-certificate-authority': certificateFile(plan, 'ca'),
    // `exec` and `logs` would look the node's name up in DNS.
    'kubelet-preferred-address-types': 'InternalIP',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    'audit-policy-file': auditPolicyFile(plan),
    'audit-log-path': auditLogFile(plan),
  });
}

/** Who did what to which object, one line for each answered request. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

function auditPolicyFile(plan: ClusterPlan): string {
  return path.join(plan.folder, 'audit-policy.yaml');
}

/** One JSON object a line, of `audit.k8s.io/v1`. */
export function auditLogFile(plan: ClusterPlan): string {
  return logOf(plan, 'audit');
}

function controllerManagerFlags(plan: ClusterPlan): string[] {
  return flags({
    kubeconfig: kubeconfigFile(plan, 'controller-manager'),
    'service-account-private-key-file': keyFile(plan, 'service-accounts'),
    'root-ca-file': certificateFile(plan, 'ca'),
    'cluster-signing-cert-file': certificateFile(plan, 'ca'),
    'cluster-signing-key-file': keyFile(plan, 'ca'),
    'use-service-account-credentials': true,
    'allocate-node-cidrs': true,
    'cluster-cidr': plan.podRange,
    'service-cluster-ip-range': plan.serviceRange,
    'leader-elect': false,
    'bind-address': '127.0.0.1',
  });
}

function schedulerFlags(plan: ClusterPlan): string[] {
  return flags({
    kubeconfig: kubeconfigFile(plan, 'scheduler'),
    'leader-elect': false,
    'bind-address': '127.0.0.1',
  });
}
