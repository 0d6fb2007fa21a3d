/**
 * Discovery's messages, between a controller and its proxies: bytes of any kind are decoded or refused with a field, and
 * what was read can be written and is read alike.
 */
import * as wire from '../../mesh/adapters/grpc/generated/isthmus/discovery/v1/discovery.ts';
import {
  readRegistration,
  readReport,
  writeRegistration,
  writeReport,
} from '../../mesh/adapters/discovery/proxy-wire.ts';
import { readPeer, readService, writePeer, writeService } from '../../mesh/adapters/discovery/view-wire.ts';
import type { Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { PeerView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, Namespace, RouteId, ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import type { ProxyReport } from '../../mesh/model/report.ts';
import type { Registration } from '../../mesh/ports/discovery.ts';
import { must, mustEqual, type Target } from '../target.ts';

interface Kind {
  readonly samples: () => readonly Uint8Array[];
  /** Throws only where a property does not hold. */
  readonly check: (bytes: Uint8Array) => void;
}

interface Codec<Wire, Model> {
  readonly message: wire.MessageFns<Wire>;
  readonly read: (message: Wire) => Result<Model, Fault>;
  readonly write: (model: Model) => Wire;
}

const ROUTE = 'a'.repeat(26) as RouteId;
const CART = 'shop/cart' as ServiceKey;
const [WEST, ACCOUNT, SHOP] = ['west' as ClusterName, 'cart' as ServiceAccount, 'shop' as Namespace];
const PLACE = { region: 'eu', zone: 'eu-1' };
const PORT = { name: 'http', port: 80, appProtocol: 'http', routeId: ROUTE } as const;

const SERVICE: ServiceView = {
  ...{ key: CART, exported: true, ports: [{ ...PORT, targetPort: 8080 }] },
  local: [{ id: 'e1', address: '10.0.0.1', port: 15006, ...PLACE, serviceAccount: ACCOUNT, ready: true }],
  remote: [
    { cluster: WEST, ports: [PORT], zones: [{ ...PLACE, ready: 1, total: 2 }], serviceAccounts: [ACCOUNT] },
  ],
  failover: {
    ...{ name: 'p', generation: 1, threshold: 70, overflow: 'keep', panic: 0, cap: 100 },
    ...{ levels: [{ kind: 'zone' }, { kind: 'clusters', clusters: [{ name: 'west', weight: 1 }] }] },
    failback: { rampMs: 1, holdMs: 1 },
  },
  access: [
    { name: 'a', namespace: SHOP, target: CART, allow: [{ from: [{ clusters: ['west'] }] }], deny: [] },
  ],
};

const PEER: PeerView = {
  info: {
    ...{ cluster: WEST, ...PLACE, network: 'west', version: '0.1.0' },
    gateways: [{ host: '203.0.113.1', port: 15443, zone: 'us-1' }],
  },
  link: { state: 'up', since: 1, rttMs: 2, note: 'n' },
};

const SIDECAR: Registration = {
  ...{ kind: 'sidecar', proxy: 'p1', ready: true, service: CART, serviceAccount: ACCOUNT },
  ...{ address: '10.0.0.1', port: 15006, ...PLACE },
};

const GATEWAY: Registration = {
  ...{ kind: 'gateway', proxy: 'g1', ready: true, address: { host: '203.0.113.1', port: 15443, zone: 'z' } },
};

const REPORT: ProxyReport = {
  ...{ proxy: 'p1', workload: CART, viewVersion: 3 },
  services: [
    {
      ...{ service: CART, sent: { west: 1 }, rate: 1, p50Ms: 1, p99Ms: 2, failed: 0 },
      groups: [{ cluster: WEST, ...PLACE, total: 2, ready: 2, healthy: 1, ramp: 0.5, note: 'n' }],
    },
  ],
};

const KINDS: readonly [Kind, ...Kind[]] = [
  kind({ message: wire.Service, read: readService, write: writeService }, [SERVICE]),
  kind({ message: wire.Peer, read: readPeer, write: writePeer }, [PEER]),
  kind({ message: wire.Registration, read: readRegistration, write: writeRegistration }, [SIDECAR, GATEWAY]),
  kind({ message: wire.ProxyReport, read: readReport, write: writeReport }, [REPORT]),
];

function kind<Wire, Model>({ message, read, write }: Codec<Wire, Model>, samples: readonly Model[]): Kind {
  return {
    samples: () => samples.map((model) => message.encode(write(model)).finish()),
    check(bytes) {
      const decoded = decode(message, bytes);
      if (decoded === undefined) return;
      const model = read(decoded);
      if (!model.ok)
        return must(model.error.code === 'schema_violation', 'a refusal has its code', model.error);
      const written = message.encode(write(model.value)).finish();
      must(Buffer.compare(message.encode(decoded).finish(), written) === 0, 'nothing is left out', decoded);
      const again = decode(message, written);
      must(again !== undefined, 'what was read can be written', model.value);
      mustEqual(read(again), model, 'what is written is read alike');
    },
  };
}

/** What is no protobuf is thrown at gRPC, which ends the call. */
function decode<Wire>(message: wire.MessageFns<Wire>, bytes: Uint8Array): Wire | undefined {
  try {
    return message.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first byte says which message it is. */
export const discovery: Target = {
  name: 'discovery',
  sources: ['mesh/adapters/discovery/'],
  seeds: () =>
    KINDS.flatMap(({ samples }, i) => samples().map((bytes) => Buffer.concat([Buffer.from([i]), bytes]))),
  words: [
    '\x0a',
    '\x12\x00',
    '\x1a\x04west',
    '\x22\x09shop/cart',
    '__proto__',
    '\xff\xff\xff\xff\x0f',
    '\x08\x01',
    'constructor',
  ],
  maxBytes: 2_000,
  cases: 6_000,
  check(input) {
    const kind = KINDS[(input[0] ?? 0) % KINDS.length] ?? KINDS[0];
    kind.check(input.subarray(1));
  },
};
