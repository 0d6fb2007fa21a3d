/** The fixed names of Isthmus inside a Kubernetes cluster: `isthmus init` makes the objects, the programs find them. */

/** Where all of it lives; a cluster holds one installation. */
export const NAMESPACE = 'isthmus-system';

export const CONTROLLER = 'isthmus-controller';
export const GATEWAY = 'isthmus-gateway';
export const DNS = 'isthmus-dns';

/** Keys and certificates of the cluster (KeyStore). */
export const TRUST_SECRET = 'isthmus-trust';
/** What the installer asks of a controller that has no mesh yet: to found one, or to join with a token. */
export const ORDER_SECRET = 'isthmus-order';
/** The token of the admin API, for whoever may read this Secret. */
export const ADMIN_SECRET = 'isthmus-admin';
/** Authority and certificate of the injection webhook. */
export const WEBHOOK_SECRET = 'isthmus-webhook';
/** `cluster.yaml`, as the installer wrote it. */
export const CLUSTER_CONFIG_MAP = 'isthmus-cluster';
/** In every namespace but those of the system, and in ours, for proxies: the same as the controller has read it, and the trust bundle. Nothing secret. */
export const MESH_CONFIG_MAP = 'isthmus';
export const BUNDLE_KEY = 'bundle.json';
export const CONFIG_KEY = 'cluster.json';
/** Of pods that are made anew when the configuration changes: the name of the one that they are made for. */
export const CONFIG_ANNOTATION = 'isthmus.dev/config';

/** In our namespace, for gateways: the kubelet starts none before the controller has read the configuration of that name. */
export function namedConfigKey(name: string): string {
  return `cluster-${name}.json`;
}

/** Name of the Service of the controller that leads, as pods look it up. */
export const CONTROLLER_HOST = `${CONTROLLER}.${NAMESPACE}.svc`;

/** Service and MutatingWebhookConfiguration of the injection. */
export const WEBHOOK = 'isthmus-webhook';
/** The name of the Service as API servers verify it. */
export const WEBHOOK_HOST = `${WEBHOOK}.${NAMESPACE}.svc`;
/** `unprivileged`: for namespaces whose Pod Security forbids what capture needs. */
export const WEBHOOK_PATHS = { any: '/inject', unprivileged: '/inject-unprivileged' } as const;
/** In the MutatingWebhookConfiguration: for all pods of a namespace that asks, and for single pods that do. */
export const WEBHOOK_NAMES = {
  ...{ namespace: 'namespace.inject.isthmus.dev', pod: 'pod.inject.isthmus.dev' },
  unprivilegedNamespace: 'unprivileged.namespace.inject.isthmus.dev',
  unprivilegedPod: 'unprivileged.pod.inject.isthmus.dev',
} as const;

/** Of service-account tokens that are good for enrolment and for nothing else. */
export const TOKEN_AUDIENCE = 'isthmus';

/** Files in pods. */
export const MOUNTS = {
  /** A folder of the pod's own, in place of the folder of a standalone cluster. */
  home: '/var/lib/isthmus',
  mesh: '/var/run/isthmus/mesh',
  token: '/var/run/isthmus/token',
  admin: '/var/run/isthmus/admin',
} as const;

/**
 * Processor that a proxy asks for. When a node is busy, each container gets its part of what it asked for: with less than the
 * applications beside it, a proxy may wait for seconds while another program starts (docs/decisions/0020).
 */
export const PROXY_CPU = '100m';

export const PORTS = {
  gateway: 15_443,
  outbound: 15_001,
  capture: 15_002,
  inbound: 15_006,
  federation: 15_010,
  join: 15_011,
  discovery: 15_012,
  enrolment: 15_013,
  /** Of the plain proxy, beside a gateway. */
  plain: 15_008,
  webhook: 15_017,
  admin: 15_020,
  'plain-admin': 15_021,
  dns: 15_053,
} as const;

/** Environment of pods (downward API). */
export const POD_NAME = 'ISTHMUS_POD_NAME';
export const POD_IP = 'ISTHMUS_POD_IP';
export const CONFIG_NAME = 'ISTHMUS_CONFIG_NAME';
/** The image of the installation, which sidecars get too. */
export const IMAGE = 'ISTHMUS_IMAGE';
/** Set: connections of the application are redirected to the sidecar. */
export const CAPTURE = 'ISTHMUS_CAPTURE';
