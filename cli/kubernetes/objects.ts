/** The objects of an installation beside its workloads. Applied in this order, deleted with the namespace. */
import {
  ADMIN_SECRET,
  CLUSTER_CONFIG_MAP,
  CONTROLLER,
  GATEWAY,
  NAMESPACE,
  ORDER_SECRET,
  PORTS,
  TRUST_SECRET,
  WEBHOOK_SECRET,
} from '../../mesh/adapters/kubernetes/installation.ts';
import type { GatewayServiceType } from './gateway-service-types.ts';

export function namespaceObject(): object {
  const level = 'pod-security.kubernetes.io';
  const labels = { [`${level}/enforce`]: 'restricted', [`${level}/warn`]: 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } };
}

/** They hold nothing yet, so that the controller needs no right to make Secrets. */
export function secretObjects(): readonly object[] {
  return [TRUST_SECRET, ORDER_SECRET, WEBHOOK_SECRET].map((name) => ({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name }, type: 'Opaque' },
  }));
}

/** Made once: a new token would reach the pods a minute after the command line. `token` is in base64. */
export function adminSecret(token: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name: ADMIN_SECRET } },
    ...{ type: 'Opaque', data: { token } },
  };
}

export function configObject(config: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name: CLUSTER_CONFIG_MAP } },
    data: { 'cluster.yaml': config },
  };
}

/** Without a selector: the controller that leads names itself behind it. */
export function controllerService(): object {
  const served = ['federation', 'join', 'discovery', 'enrolment'] as const;
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: NAMESPACE, name: CONTROLLER } },
    spec: { ports: served.map((name) => ({ name, port: PORTS[name], targetPort: PORTS[name] })) },
  };
}

export interface GatewayServiceSettings {
  readonly type: GatewayServiceType;
  readonly externalTrafficPolicy: 'Local' | 'Cluster';
  /** What else its port has. */
  readonly port?: object;
}

export function gatewayServiceSettings(type: GatewayServiceType): GatewayServiceSettings {
  // Behind a load balancer the gateway sees where its clients come from, for its limits by source; a port of a node
  // must answer wherever the gateways run.
  return { type, externalTrafficPolicy: type === 'LoadBalancer' ? 'Local' : 'Cluster' };
}

export function gatewayService({ type, externalTrafficPolicy, port }: GatewayServiceSettings): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: NAMESPACE, name: GATEWAY } },
    spec: {
      ...{ type, externalTrafficPolicy },
      selector: { 'app.kubernetes.io/component': GATEWAY },
      ports: [{ name: 'gateway', port: PORTS.gateway, targetPort: PORTS.gateway, ...port }],
    },
  };
}
