/** The objects of an installation beside its workloads. Applied in this order, deleted with the namespace. */
import { randomBytes } from 'node:crypto';
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

/** Made once: a new token would reach the pods a minute after the command line. */
export function adminSecret(): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name: ADMIN_SECRET } },
    ...{ type: 'Opaque', data: { token: Buffer.from(randomBytes(32).toString('hex')).toString('base64') } },
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

export function gatewayService(type: GatewayServiceType): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: NAMESPACE, name: GATEWAY } },
    spec: {
      type,
      // Behind a load balancer the gateway sees where its clients come from, for its limits by source; a port of a node
      // must answer wherever the gateways run.
      externalTrafficPolicy: type === 'LoadBalancer' ? 'Local' : 'Cluster',
      selector: { 'app.kubernetes.io/component': GATEWAY },
      ports: [{ name: 'gateway', port: PORTS.gateway, targetPort: PORTS.gateway }],
    },
  };
}
