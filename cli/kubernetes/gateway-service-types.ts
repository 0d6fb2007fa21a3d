/** How the gateway of a Kubernetes cluster is reached from outside: types of a Service. */
export const GATEWAY_SERVICE_TYPES = ['LoadBalancer', 'NodePort'] as const;
export type GatewayServiceType = (typeof GATEWAY_SERVICE_TYPES)[number];
