/** containerd on a node, with the plugins of containernetworking for its pods, and the images it has from the start. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Site } from './site.ts';
import type { StagedImage } from './images/stage.ts';
import { PAUSE } from './images/ground-images.ts';
import type { Node } from './node.ts';
import type { ClusterPlan } from './plan.ts';
import { run, succeeds } from './run.ts';
import { untilReady } from './until-ready.ts';

const SOCKET = '/run/containerd/containerd.sock';
export const RUNTIME_ENDPOINT = `unix://${SOCKET}`;

export async function startContainerd({ plan, node }: Pick<Site, 'plan' | 'node'>): Promise<void> {
  const pluginFolder = path.join(plan.folder, 'cni');
  await mkdir(pluginFolder, { recursive: true });
  await writeFile(path.join(pluginFolder, '10-pods.conflist'), JSON.stringify(podNetwork(plan)));
  const config = path.join(plan.folder, 'containerd.toml');
  await writeFile(config, containerdConfig(pluginFolder));
  const containerd = node.start('containerd', ['containerd', '--config', config]);
  await untilReady(containerd, `containerd of ${plan.name}`, () => succeeds(node.on(['ctr', 'version'])));
}

/** Without `restrict_oom_score_adj` no container starts where root may not lower that score. */
function containerdConfig(pluginFolder: string): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${pluginFolder}"
`;
}

function podNetwork(plan: ClusterPlan): object {
  const bridge = {
    ...{ type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipMasq: plan.masquerade },
    ipam: {
      ...{ type: 'host-local', ranges: [[{ subnet: plan.nodePodRange }]] },
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  const ports = { type: 'portmap', capabilities: { portMappings: true } };
  return { cniVersion: '1.0.0', name: 'pods', plugins: [bridge, ports] };
}

export async function importImages(node: Node, images: readonly StagedImage[]): Promise<void> {
  for (const { folder } of images) {
    const read = node.on(['ctr', '--namespace', 'k8s.io', 'images', 'import', '-']);
    const pipe = 'tar --create --dereference --directory "$1" . | "${@:2}"';
    await run(['bash', '-o', 'pipefail', '-c', pipe, 'import', folder, ...read]);
  }
}
