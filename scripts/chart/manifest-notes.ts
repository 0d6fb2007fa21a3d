/** What a reader of the rendered manifest is told: which places are to be changed before it is applied. */
import type { Manifest } from '../../cli/kubernetes/apply-manifest.ts';
import {
  ADMIN_SECRET,
  CLUSTER_CONFIG_MAP,
  CONTROLLER,
  GATEWAY,
  NAMESPACE,
  ORDER_SECRET,
} from '../../mesh/adapters/kubernetes/installation.ts';

export const MANIFEST_HEAD = `# Isthmus as one manifest: the chart deploy/helm/isthmus, rendered with example values.
#
# 1. Change what stands under each line that says EDIT: the configuration, the order, the image of both Deployments.
# 2. kubectl apply -f isthmus.yaml
# 3. The token of the admin API, which no file should hold (pods wait for it):
#    kubectl create secret generic ${ADMIN_SECRET} -n ${NAMESPACE} --from-literal=token=$(openssl rand -hex 32)
#
# It can be applied again: keys and tokens are left as they are. After a change of the configuration, so that gateways
# start with what the controllers have read:
#    kubectl rollout restart deployment/${CONTROLLER} -n ${NAMESPACE}
#    kubectl rollout status deployment/${CONTROLLER} -n ${NAMESPACE}
#    kubectl rollout restart deployment/${GATEWAY} -n ${NAMESPACE}
`;

const ORDER = `# EDIT: this order founds a mesh. To join one instead, on the founder: isthmus token create --cluster <this cluster>;
# then here: { order: <echo -n '{"kind":"join","token":"isthmus-join-..."}' | base64 -w0> }
`;
const CONFIG = `# EDIT: mesh, name, region, zone and network (each a DNS label), and where other clusters reach the gateway: advertise.
`;

/** Stands before the document of that object. */
export function placeNote({ kind, metadata: { name } }: Manifest): string {
  if (kind === 'Secret' && name === ORDER_SECRET) return ORDER;
  if (kind === 'ConfigMap' && name === CLUSTER_CONFIG_MAP) return CONFIG;
  return kind === 'Deployment' ? '# EDIT: image\n' : '';
}
