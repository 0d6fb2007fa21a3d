/**
 * The keys and certificates of one cluster, made by openssl. Everything that calls the API server has a certificate
 * under a name of its own, so that the audit log tells who asked, and its user is named after the cluster too: merged
 * kubeconfigs must not mix up credentials.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { generateKeyPair, privateKeyToPem } from '../../mesh/adapters/x509/issue.ts';
import type { ClusterPlan } from './plan.ts';
import { run } from './run.ts';

/** Subjects as Kubernetes' authorizer knows them. */
const SUBJECTS = {
  apiserver: '/CN=kube-apiserver',
  admin: '/O=system:masters/CN=admin',
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  proxy: '/CN=system:kube-proxy',
  coredns: '/O=system:masters/CN=coredns',
} as const;

type Holder = keyof typeof SUBJECTS | 'kubelet';

export function keyFile(plan: ClusterPlan, name: string): string {
  return path.join(plan.folder, 'pki', `${name}.key`);
}

export function certificateFile(plan: ClusterPlan, name: string): string {
  return path.join(plan.folder, 'pki', `${name}.crt`);
}

export function kubeconfigFile(plan: ClusterPlan, holder: Holder): string {
  return path.join(plan.folder, `${holder}.kubeconfig`);
}

export async function makeCertificates(plan: ClusterPlan): Promise<void> {
  await mkdir(path.join(plan.folder, 'pki'), { recursive: true });
  await writeFile(configFile(plan), '[req]\ndistinguished_name = names\n[names]\n');
  await openssl(plan, 'ca', [
    ...['-subj', `/CN=${plan.name}-ca`, '-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  const { name, nodeAddress, apiAddress } = plan;
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const names = [...services, 'kubernetes.default.svc.cluster.local', 'localhost'].map((dns) => `DNS:${dns}`);
  const alternatives: Partial<Record<Holder, readonly string[]>> = {
    apiserver: [...names, `IP:${apiAddress}`, 'IP:127.0.0.1', `IP:${nodeAddress}`],
    kubelet: [`DNS:${name}`, `IP:${nodeAddress}`],
  };
  const subjects = { ...SUBJECTS, kubelet: `/O=system:nodes/CN=system:node:${name}` };
  for (const [holder, subject] of Object.entries(subjects) as [Holder, string][]) {
    await issue(plan, holder, { subject, names: alternatives[holder] ?? [] });
    await writeKubeconfig(plan, holder);
  }
  await makeServiceAccountKey(plan);
}

async function issue(
  plan: ClusterPlan,
  holder: Holder,
  { subject, names }: { subject: string; names: readonly string[] },
): Promise<void> {
  await openssl(plan, holder, [
    ...['-CA', certificateFile(plan, 'ca'), '-CAkey', keyFile(plan, 'ca'), '-subj', subject],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=critical,digitalSignature'],
    ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ...(names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`]),
  ]);
}

async function openssl(plan: ClusterPlan, name: string, args: readonly string[]): Promise<void> {
  await run([
    ...['openssl', 'req', '-x509', '-config', configFile(plan), '-days', '365', '-nodes'],
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ...['-keyout', keyFile(plan, name), '-out', certificateFile(plan, name), ...args],
  ]);
}

function configFile(plan: ClusterPlan): string {
  return path.join(plan.folder, 'pki', 'openssl.cnf');
}

/** Signs the tokens of service accounts: `service-accounts.key`, and `.pub` to check them. */
async function makeServiceAccountKey(plan: ClusterPlan): Promise<void> {
  const { privateKey, publicKey } = generateKeyPair();
  await writeFile(keyFile(plan, 'service-accounts'), privateKeyToPem(privateKey), { mode: 0o600 });
  await writeFile(
    `${keyFile(plan, 'service-accounts')}.pub`,
    publicKey.export({ type: 'spki', format: 'pem' }),
  );
}

async function writeKubeconfig(plan: ClusterPlan, holder: Holder): Promise<void> {
  const base64 = async (file: string): Promise<string> => (await readFile(file)).toString('base64');
  const cluster = {
    server: `https://${plan.nodeAddress}:6443`,
    'certificate-authority-data': await base64(certificateFile(plan, 'ca')),
  };
  const user = {
    'client-certificate-data': await base64(certificateFile(plan, holder)),
    'client-key-data': await base64(keyFile(plan, holder)),
  };
  const userName = `${holder}-${plan.name}`;
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': plan.name },
    clusters: [{ name: plan.name, cluster }],
    users: [{ name: userName, user }],
    contexts: [{ name: plan.name, context: { cluster: plan.name, user: userName } }],
  };
  await writeFile(kubeconfigFile(plan, holder), stringify(config), { mode: 0o600 });
}
