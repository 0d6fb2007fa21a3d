import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../model/names.ts';
import type { PodSlice, Service } from '../../model/service.ts';
import { withPodPorts } from './pod-ports.ts';

const key = 'shop/cart' as ServiceKey;
const cart: Service = {
  key,
  ports: [
    { name: 'http', port: 80, targetPort: 80, appProtocol: 'http' },
    { name: 'admin', port: 81, targetPort: 9000, appProtocol: 'tcp' },
  ],
};
const slice = (...ports: readonly (readonly [name: string, protocol: string, port: number])[]): PodSlice => ({
  ports: ports.map(([name, protocol, port]) => ({ name, protocol, port })),
  pods: [{ address: '10.1.0.7', ready: true }],
});
const targets = (...slices: readonly PodSlice[]): unknown =>
  withPodPorts(new Map([[key, cart]]), new Map([[key, slices]]))
    .get(key)
    ?.ports.map(({ targetPort }) => targetPort);

describe('the ports of a Service', () => {
  it('are those of its pods where it has any, by the name of the port', () => {
    expect(targets(slice(['http', 'TCP', 8080]))).toEqual([8080, 9000]);
    expect(targets(slice(['http', 'TCP', 8080]), slice(['admin', 'TCP', 9001]))).toEqual([8080, 9001]);
  });

  it('stay as stated without pods, and for what the mesh does not carry', () => {
    expect(targets()).toEqual([80, 9000]);
    expect(targets(slice(['http', 'UDP', 8080]))).toEqual([80, 9000]);
  });
});
