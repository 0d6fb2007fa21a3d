/** kubelet and kube-proxy: what makes a machine a node of its cluster. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { certificateFile, keyFile, kubeconfigFile } from './certificates.ts';
import type { Site } from './site.ts';
import { RUNTIME_ENDPOINT } from './container-runtime.ts';
import { flags } from './flags.ts';
import { kubectl } from './kubectl.ts';
import type { ClusterPlan } from './plan.ts';
import { untilReady } from './until-ready.ts';

export async function startKubelet(site: Site): Promise<void> {
  const { plan, node, programs } = site;
  const config = path.join(plan.folder, 'kubelet.yaml');
  const resolv = path.join(plan.folder, 'resolv.conf');
  await writeFile(resolv, `nameserver ${plan.nodeAddress}\n`);
  await writeFile(config, stringify(kubeletConfig(plan, resolv)));
  const labels = { region: plan.region, zone: plan.zone };
  const kubelet = node.start('kubelet', [
    programs.kubelet,
    ...flags({
      config,
      kubeconfig: kubeconfigFile(plan, 'kubelet'),
      'hostname-override': plan.name,
      'node-ip': plan.nodeAddress,
      'node-labels': Object.entries(labels)
        .map(([name, value]) => `topology.kubernetes.io/${name}=${value}`)
        .join(','),
    }),
  ]);
  const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  await untilReady(kubelet, `node ${plan.name}`, async () => {
    return (await kubectl(site, ['get', 'node', plan.name, '-o', ready])) === 'True';
  });
}

/** Several kubelets share the machine and its control groups: none takes charge of the whole. */
function kubeletConfig(plan: ClusterPlan, resolvConf: string): object {
  return {
    ...{ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' },
    ...{ cgroupRoot: `/${plan.cgroup}`, enforceNodeAllocatable: [] },
    ...{ cgroupDriver: 'cgroupfs', failCgroupV1: false, failSwapOn: false, oomScoreAdj: 0 },
    ...{ containerRuntimeEndpoint: RUNTIME_ENDPOINT, volumePluginDir: '/var/lib/kubelet/volume-plugins' },
    ...{
      address: plan.nodeAddress,
      clusterDNS: [plan.nodeAddress],
      clusterDomain: 'cluster.local',
      resolvConf,
    },
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificateFile(plan, 'ca') },
    },
    authorization: { mode: 'Webhook' },
    ...{ tlsCertFile: certificateFile(plan, 'kubelet'), tlsPrivateKeyFile: keyFile(plan, 'kubelet') },
    // Images cannot be had again: none is dropped, however full the disk.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  };
}

export async function startKubeProxy({ plan, node, programs }: Site): Promise<void> {
  const config = path.join(plan.folder, 'kube-proxy.yaml');
  await writeFile(
    config,
    stringify({
      ...{ apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' },
      ...{ mode: 'nftables', clusterCIDR: plan.podRange, hostnameOverride: plan.name, oomScoreAdj: 0 },
      clientConnection: { kubeconfig: kubeconfigFile(plan, 'proxy') },
      conntrack: { maxPerCore: 0 },
    }),
  );
  node.start('kube-proxy', [programs['kube-proxy'], ...flags({ config })]);
}
