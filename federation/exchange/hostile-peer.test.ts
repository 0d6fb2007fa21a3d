import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import type { ExchangeFrame, StatedInfo, StatedService } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import { startVirtualMember, type VirtualMember } from './testing/virtual-member.ts';
import { createVirtualNetwork, type VirtualNetwork } from './testing/virtual-network.ts';

const evil = 'evil' as ClusterName;
const GATEWAY = { host: '203.0.113.66', port: 15443, zone: 'z' };
const info = (more: Partial<StatedInfo> = {}): StatedInfo => ({
  ...{
    cluster: 'evil',
    region: 'eu',
    zone: 'eu-1',
    network: 'evil',
    gateways: [GATEWAY],
    version: '0.1.0',
    ...more,
  },
});
const service = (more: Partial<StatedService> = {}): StatedService => ({
  ...{ namespace: 'shop', name: 'bait', exportedAt: 1, zones: [], serviceAccounts: [] },
  ports: [{ name: '', port: 80, appProtocol: 'http', routeId: 'e'.repeat(26) }],
  ...more,
});
const hello = (more: Partial<StatedInfo> = {}): ExchangeFrame => ({
  ...{ kind: 'hello', protocol: 1, position: { epoch: 5, version: 1 }, info: info(more), bundleVersion: 1 },
});
const snapshot = (services: readonly StatedService[], count = services.length): ExchangeFrame[] => [
  { kind: 'snapshotBegin', position: { epoch: 5, version: services.length }, count },
  ...services.map((one, i): ExchangeFrame => ({ kind: 'upsert', version: i + 1, after: i, service: one })),
  { kind: 'snapshotComplete', version: services.length, count },
];
const upsert = (more: Partial<StatedService>): ExchangeFrame => ({
  ...{ kind: 'upsert', version: 2, after: 1, service: service(more) },
});

interface World {
  readonly victim: VirtualMember;
  readonly friend: VirtualMember;
  readonly network: VirtualNetwork;
  /** Sends as the hostile member and lets time pass. */
  say(frames: readonly ExchangeFrame[]): void;
  wait(ms: number): void;
  audits(): number;
}

function createWorld(): World {
  const clock = createManualClock();
  const network = createVirtualNetwork(clock);
  const victim = startVirtualMember({ cluster: 'east', network, clock, seed: 1 });
  const friend = startVirtualMember({ cluster: 'north', network, clock, seed: 2 });
  friend.offer(['cart', 'web']);
  victim.exchange().addMember(friend.member);
  clock.advance(1000);
  const dial = network.join({ cluster: evil, membership: 'key-of-evil' }, () => undefined);
  let stream: ExchangeStream | undefined;
  dial({ cluster: victim.cluster, gateway: GATEWAY }, (result) => {
    if (result.ok) stream = result.value;
  });
  clock.advance(10);
  const listener = { onFrame: () => undefined, onUnknownFrame: () => undefined, onDrain: () => undefined };
  stream?.listen({ ...listener, onEnd: () => undefined });
  return {
    ...{ victim, friend, network },
    say(frames) {
      for (const frame of frames) stream?.send(frame);
      clock.advance(100);
    },
    wait: (ms) => clock.advance(ms),
    audits: () => victim.metrics.total('isthmus_exchange_refused_total', { peer: evil }),
  };
}

/** What the victim believes of everybody but the hostile member: must never change. */
const othersAt = ({ victim, friend }: World): string =>
  JSON.stringify(
    [...victim.exchange().peers()].filter(([cluster]) => cluster !== evil).map(([, peer]) => peer.info),
  ) + victim.holds(friend.cluster).join();

const greeted = [hello(), ...snapshot([service()])];
const bad = (more: Partial<StatedService>): ExchangeFrame[] => [...greeted, upsert(more)];
const port = (more: object): Partial<StatedService> => ({ ports: [{ ...service().ports[0]!, ...more }] });
const gateway = (host: string): ExchangeFrame[] => [hello({ gateways: [{ ...GATEWAY, host }, GATEWAY] })];

const FORGERIES: readonly (readonly [string, readonly ExchangeFrame[]])[] = [
  ...['east', 'north', 'west', 'EVIL', 'evil.acme', 'evil\n', '', '*', 'evil,east', '__proto__'].map(
    (cluster) => [`speaks for ${JSON.stringify(cluster)}`, [hello({ cluster })]] as const,
  ),
  ...['north', 'east'].map(
    (cluster) =>
      [`turns into ${cluster}`, [...greeted, { kind: 'describe', info: info({ cluster }) }]] as const,
  ),
  ...['127.0.0.1', '127.1', '::1', 'localhost', '0.0.0.0', '169.254.169.254', '::ffff:169.254.169.254'].map(
    (host) => [`gateway ${host}`, gateway(host)] as const,
  ),
  ...[
    'fe80::1',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '2130706433',
    '0x7f000001',
    'a b',
    'a\nb',
    '../etc',
  ].map((host) => [`gateway ${JSON.stringify(host)}`, gateway(host)] as const),
  ...['kube-system', 'kube-public', 'isthmus-system'].map(
    (namespace) => [`exports into ${namespace}`, bad({ namespace, name: 'kube-dns' })] as const,
  ),
  ...['', 'A', 'a b', 'a\nconn x', '../../x', '<script>', 'a.b', 'x'.repeat(64), '__proto__', 'cart\0'].map(
    (name) => [`names a service ${JSON.stringify(name.slice(0, 20))}`, bad({ name })] as const,
  ),
  ['hides a key in a namespace', bad({ namespace: 'shop/cart' })],
  ['port 0', bad(port({ port: 0 }))],
  ['port 70000', bad(port({ port: 70_000 }))],
  ['a route id that is a host', bad(port({ routeId: 'federation.north' }))],
  ['no route id', bad(port({ routeId: '' }))],
  ['a protocol of its own', bad(port({ appProtocol: 'raw' }))],
  ['a port name with a line break', bad(port({ name: 'a\nb' }))],
  ['no ports', bad({ ports: [] })],
  ['65 ports', bad({ ports: Array.from({ length: 65 }, () => service().ports[0]!) })],
  ['an account with a slash', bad({ serviceAccounts: ['admin/x'] })],
  ['a zone with markup', bad({ zones: [{ region: '<b>', zone: 'z', ready: 1, total: 1 }] })],
  ['more ready than there are', bad({ zones: [{ region: 'r', zone: 'z', ready: 9, total: 1 }] })],
  [
    '65 zones',
    bad({
      zones: Array.from({ length: 65 }, (_, i) => ({ region: 'r', zone: `z${i}`, ready: 1, total: 1 })),
    }),
  ],
  ['a time beyond the calendar', bad({ exportedAt: 9e15 })],
  [
    'a tombstone without a name',
    [...greeted, { kind: 'tombstone', version: 2, after: 1, namespace: '', name: '' }],
  ],
  [
    'a tombstone with a path',
    [...greeted, { kind: 'tombstone', version: 2, after: 1, namespace: '..', name: 'x/y' }],
  ],
  ['a snapshot older than the one before', [...greeted, ...snapshot([])]],
  [
    'a bundle of its own',
    [...greeted, { kind: 'bundle', bundle: { payload: '{"version":99}', signature: 'evil' } }],
  ],
  ['an older protocol', [{ ...hello(), protocol: 0 } as ExchangeFrame]],
  ['too many gateways', [hello({ gateways: Array.from({ length: 17 }, () => GATEWAY) })]],
  ['a region with a line break', [hello({ region: 'eu\nforged' })]],
  ['a version with markup', [hello({ version: '<img src=x>' })]],
  ['an entry too large', bad({ serviceAccounts: ['x'.repeat(100_000)] })],
  ['a network with a quote', [hello({ network: '"; drop' })]],
  ['a snapshot that is held back to nothing', [hello(), ...snapshot([service(), service({ name: 'A' })])]],
];

describe('a hostile member (S26)', () => {
  it('has more than 60 forgeries to try', () => {
    expect(FORGERIES.length).toBeGreaterThanOrEqual(60);
  });

  it.each(FORGERIES)('%s: changes nothing outside its scope, and is written down', (_, frames) => {
    const world = createWorld();
    const before = othersAt(world);
    world.say(frames);
    expect(othersAt(world)).toBe(before);
    expect(world.audits()).toBe(1);
    const believed = world.victim.exchange().peers().get(evil);
    expect([...(believed?.services.keys() ?? [])].filter((key) => key !== 'shop/bait')).toEqual([]);
    expect(believed?.info.gateways.filter(({ host }) => host !== GATEWAY.host)).toEqual([]);
    expect(believed?.info.cluster).toBe(evil);
    expect(world.victim.trust.bundle().version).toBe(1);
    for (const { fields } of world.victim.log.lines) expect(JSON.stringify(fields)).not.toMatch(/[^\\]\n/);
  });
});

describe('a noisy member (S30)', () => {
  it('gets no snapshot more than once a second, however often it asks', () => {
    const world = createWorld();
    world.say([hello()]);
    const before = world.network.sent(world.victim.cluster);
    for (let i = 0; i < 100; i++)
      world.say(Array.from({ length: 50 }, () => ({ kind: 'resync', reason: '' }) as const));
    const perSnapshot = 2;
    expect(world.network.sent(world.victim.cluster) - before).toBeLessThan(10 * (perSnapshot + 8));
  });

  it('is slowed down above its rate, and loses no service of others', () => {
    const world = createWorld();
    world.say(greeted);
    const flood = Array.from({ length: 16_000 }, (_, i): ExchangeFrame => {
      return { kind: 'upsert', version: i + 2, after: i + 1, service: service({ exportedAt: i }) };
    });
    world.say(flood);
    const taken = world.victim.exchange().peers().get(evil)?.services.values().next().value?.exportedAt ?? 0;
    expect(taken).toBeLessThan(13_000);
    expect(world.victim.holds(world.friend.cluster)).toEqual(['cart', 'web']);
  });

  it('may open four streams without a word, not five, and none of them for long', () => {
    const world = createWorld();
    const dial = world.network.join({ cluster: evil, membership: 'key-of-evil' }, () => undefined);
    for (let i = 0; i < 20; i++) dial({ cluster: world.victim.cluster, gateway: GATEWAY }, () => undefined);
    world.wait(100);
    const [withFriend, each, most] = [2, 2, 4];
    expect(world.network.openStreams()).toBe(withFriend + each * most);
    world.wait(6000);
    expect(world.network.openStreams()).toBe(withFriend);
  });
});
