/** The fixed names of Isthmus inside a Kubernetes cluster: `isthmus init` makes the objects, the programs find them. */

/** Where all of it lives; a cluster holds one installation. */
export const NAMESPACE = 'isthmus-system';

export const CONTROLLER = 'isthmus-controller';
export const GATEWAY = 'isthmus-gateway';

/** Keys and certificates of the cluster (KeyStore). */
export const TRUST_SECRET = 'isthmus-trust';
/** What the installer asks of a controller that has no mesh yet: to found one, or to join with a token. */
export const ORDER_SECRET = 'isthmus-order';
/** The token of the admin API, for whoever may read this Secret. */
export const ADMIN_SECRET = 'isthmus-admin';
/** `cluster.yaml`, as the installer wrote it. */
export const CLUSTER_CONFIG_MAP = 'isthmus-cluster';
/** In every namespace but those of the system, and in ours, for proxies: the same as the controller has read it, and the trust bundle. Nothing secret. */
export const MESH_CONFIG_MAP = 'isthmus';
export const BUNDLE_KEY = 'bundle.json';
export const CONFIG_KEY = 'cluster.json';

/** Name of the Service of the controller that leads, as pods look it up. */
export const CONTROLLER_HOST = `${CONTROLLER}.${NAMESPACE}.svc`;

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

export const PORTS = {
  gateway: 15_443,
  outbound: 15_001,
  capture: 15_002,
  inbound: 15_006,
  federation: 15_010,
  join: 15_011,
  discovery: 15_012,
  enrolment: 15_013,
  admin: 15_020,
} as const;

/** Environment of pods (downward API). */
export const POD_NAME = 'ISTHMUS_POD_NAME';
export const POD_IP = 'ISTHMUS_POD_IP';
/** Set: connections of the application are redirected to the sidecar. */
export const CAPTURE = 'ISTHMUS_CAPTURE';
