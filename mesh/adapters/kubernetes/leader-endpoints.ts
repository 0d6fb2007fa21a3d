/** The EndpointSlice behind the Service of the controllers: it names the one that leads, and nobody else. */
import type { Result } from '../../kit/result.ts';
import type { ApiClient, ApiFault } from './api-client.ts';
import { applyObject } from './apply.ts';
import { CONTROLLER, NAMESPACE, PORTS } from './installation.ts';
import { ENDPOINT_SLICES } from './resources.ts';

export interface Pod {
  readonly name: string;
  readonly address: string;
}

const SERVED = ['federation', 'join', 'discovery', 'enrolment'] as const;

export function pointToLeader(
  api: Pick<ApiClient, 'request'>,
  { name, address }: Pod,
): Promise<Result<unknown, ApiFault>> {
  return applyObject(api, {
    ...{ kind: ENDPOINT_SLICES, namespace: NAMESPACE, name: CONTROLLER },
    metadata: {
      labels: {
        'kubernetes.io/service-name': CONTROLLER,
        'endpointslice.kubernetes.io/managed-by': 'isthmus-controller',
      },
    },
    fields: {
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [
        {
          ...{ addresses: [address], conditions: { ready: true } },
          targetRef: { kind: 'Pod', namespace: NAMESPACE, name },
        },
      ],
      ports: SERVED.map((port) => ({ name: port, port: PORTS[port], protocol: 'TCP' })),
    },
  });
}
