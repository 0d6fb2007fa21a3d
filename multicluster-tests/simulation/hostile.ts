/** The hostile member: its identity is genuine, so TLS lets it in; what it says is not. */
import type { VirtualNetwork } from '../../federation/exchange/testing/virtual-network.ts';
import type { ExchangeFrame, StatedInfo, StatedService } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { ExchangePeer, ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import type { Trick } from './act.ts';
import { EVIL, gatewayHost, routeIdOf, SERVICES } from './cast.ts';

export interface Liar {
  readonly network: VirtualNetwork;
  /** Streams of liars, to be ended when there is peace. */
  readonly lies: ExchangeStream[];
}

/** Dials with a genuine identity, says all of it at once, and listens to nothing. */
export function lie(
  { network, lies, peer }: Liar & { readonly peer: ExchangePeer },
  target: ClusterName,
  frames: readonly ExchangeFrame[],
): void {
  const nothing = (): void => undefined;
  const listener = { onFrame: nothing, onUnknownFrame: nothing, onDrain: nothing, onEnd: nothing };
  const gateway = { ...GATEWAY, host: gatewayHost(target) };
  network.dialAs(peer)({ cluster: target, gateway }, (result) => {
    if (!result.ok) return;
    lies.push(result.value);
    for (const frame of frames) result.value.send(frame);
    result.value.listen(listener);
  });
}

const GATEWAY = { host: gatewayHost(EVIL), port: 15443, zone: 'z' };

function info(cluster: string, more: Partial<StatedInfo> = {}): StatedInfo {
  const gateways = [GATEWAY];
  return { cluster, region: 'eu', zone: 'eu-1', network: cluster, gateways, version: '0.1.0', ...more };
}

function service(name: string, more: Partial<StatedService> = {}): StatedService {
  return {
    ...{ namespace: 'shop', name, exportedAt: 1, serviceAccounts: ['bait'] },
    ports: [{ name: 'http', port: 80, appProtocol: 'http', routeId: routeIdOf(EVIL, SERVICES[0]!, 80) }],
    zones: [{ region: 'eu', zone: 'eu-east', ready: 9, total: 9 }],
    ...more,
  };
}

interface Position {
  readonly epoch: number;
  readonly version: number;
}

const hello = (position: Position, stated = info(EVIL)): ExchangeFrame => ({
  ...{ kind: 'hello', protocol: 1, position, info: stated, bundleVersion: 1 },
});

function snapshot(
  { epoch, version }: Position,
  services: readonly StatedService[],
  count = services.length,
): ExchangeFrame[] {
  const first = version - services.length;
  return [
    { kind: 'snapshotBegin', position: { epoch, version }, count },
    ...services.map((one, i): ExchangeFrame => {
      return { kind: 'upsert', version: first + i + 1, after: i === 0 ? 0 : first + i, service: one };
    }),
    { kind: 'snapshotComplete', version, count },
  ];
}

const BAIT: readonly StatedService[] = ['cart', 'pay', 'bait-1', 'bait-2', 'bait-3', 'bait-4'].map((name) =>
  service(name),
);

/** `turn` grows with each speech: its epoch, as a controller that restarts has. */
export function trickFrames(trick: Trick, other: string, turn: number): readonly ExchangeFrame[] {
  const at = { epoch: turn, version: 100 };
  const told = snapshot(at, BAIT);
  const greeted = [hello(at), ...told];
  switch (trick) {
    case 'speaks-for-another':
      return [hello(at, info(other)), ...told];
    case 'turns-into-another':
      return [...greeted, { kind: 'describe', info: info(other) }, ...upserts([service('turned')])];
    case 'malformed-entries':
      return [...greeted, ...upserts(MALFORMED)];
    case 'oversized-entry':
      return [
        ...greeted,
        ...upserts([service('large', { serviceAccounts: ['x'.repeat(70_000)] }), manyPorts()]),
      ];
    case 'tombstones-of-others':
      return [...greeted, ...SERVICES.map(tombstone)];
    case 'shrinking-snapshot':
      return [...greeted, ...snapshot({ epoch: turn, version: 200 }, BAIT.slice(0, 1))];
    case 'older-snapshot':
      return [...greeted, ...snapshot({ epoch: turn, version: 50 }, BAIT.slice(0, 5))];
    case 'older-epoch':
      return [hello({ epoch: 0, version: 9 }), ...snapshot({ epoch: 0, version: 9 }, BAIT)];
    case 'broken-snapshot':
      return [...greeted, ...snapshot({ epoch: turn, version: 300 }, BAIT.slice(0, 3), 6)];
    case 'huge-version':
      return [
        ...greeted,
        { ...upserts([service('huge')])[0]!, version: Number.MAX_SAFE_INTEGER } as ExchangeFrame,
      ];
    case 'forged-bundle':
      return [...greeted, { kind: 'bundle', bundle: { payload: '{"version":99}', signature: 'mine' } }];
    case 'gateway-of-others':
      return [hello(at, info(EVIL, { gateways: STOLEN_GATEWAYS })), ...told];
    case 'takes-local-names':
      return [...greeted, ...upserts(SERVICES.map((key) => service(key.split('/')[1]!, CLASHING)))];
    case 'leaves':
      return [...greeted, { kind: 'goodbye', left: true }];
  }
}

function upserts(services: readonly StatedService[]): ExchangeFrame[] {
  return services.map((one, i) => ({ kind: 'upsert', version: 101 + i, after: 100 + i, service: one }));
}

function tombstone(key: string, i: number): ExchangeFrame {
  const [namespace = '', name = ''] = key.split('/');
  return { kind: 'tombstone', version: 101 + i, after: 100 + i, namespace, name };
}

const STOLEN_GATEWAYS = ['127.0.0.1', 'localhost', '169.254.169.254', '0.0.0.0', '::1'].map((host) => {
  return { host, port: 15443, zone: 'z' };
});

/** Older than any other export, another protocol under the port that others have, another port under its name. */
const CLASHING: Partial<StatedService> = {
  exportedAt: 0,
  ports: [
    { name: 'http', port: 81, appProtocol: 'tcp', routeId: 'a'.repeat(26) },
    { name: 'other', port: 80, appProtocol: 'tcp', routeId: 'b'.repeat(26) },
  ],
};

const MALFORMED: readonly StatedService[] = [
  service('dns', { namespace: 'kube-system' }),
  service('Bad.Name'),
  service('a\nb'),
  service('x/../y'),
  service('noports', { ports: [] }),
  service('badport', { ports: [{ name: '', port: 70_000, appProtocol: 'http', routeId: 'a'.repeat(26) }] }),
  service('badroute', { ports: [{ name: '', port: 80, appProtocol: 'http', routeId: 'federation.east' }] }),
  service('badzone', { zones: [{ region: '<b>', zone: 'z', ready: 2, total: 1 }] }),
];

function manyPorts(): StatedService {
  const port = { appProtocol: 'http', routeId: 'c'.repeat(26) };
  return service('ports', {
    ports: Array.from({ length: 65 }, (_, i) => ({ ...port, name: '', port: i + 1 })),
  });
}

/** What an old controller of `cluster` would say: it has its identity, and an epoch of a former run. */
export function zombieFrames(cluster: ClusterName, epoch: number): readonly ExchangeFrame[] {
  const at = { epoch, version: 1000 };
  const gateways = [{ ...GATEWAY, host: gatewayHost(cluster) }];
  return [hello(at, info(cluster, { gateways })), ...snapshot(at, [service(ZOMBIE_SERVICE.split('/')[1]!)])];
}

export const ZOMBIE_SERVICE = 'shop/of-a-zombie' as ServiceKey;
