/** Frames as a hostile member may send them: of the right types, with good values and bad ones side by side. */
import type { ExchangeFrame, StatedInfo, StatedService } from '../../mesh/model/exchange-frame.ts';
import type { Choices } from '../choices.ts';

type Several<T> = readonly [T, ...T[]];

const NAMES: Several<string> = [
  ...(['cart', 'web', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'x9', 'constructor', '__proto__'] as const),
  ...[
    '',
    'A',
    'a.b',
    '-a',
    'a\nb',
    'a\0b',
    '<b>',
    '../a',
    'a/b',
    '$(x)',
    'é',
    'a'.repeat(63),
    'a'.repeat(64),
    'x'.repeat(800),
  ],
];
const NAMESPACES: Several<string> = [
  'shop',
  'other',
  'default',
  'kube-system',
  'isthmus-system',
  '',
  'shop\r\n',
  'a'.repeat(70),
];
const PLACES: Several<string> = [
  'eu',
  'eu-1',
  'us',
  'A_b.c',
  '',
  ' ',
  'a\n',
  '-',
  '<i>',
  'z'.repeat(63),
  'z'.repeat(64),
];
const NUMBERS: Several<number> = [1, 0, 2, 80, 443, 65_535, 65_536, 100_000, 100_001, 2 ** 31, 2 ** 32 - 1];
const TIMES: Several<number> = [1, 0, 1_700_000_000_000, 8.64e15, 8.64e15 + 1, 2 ** 53 - 1];
const PROTOCOLS: Several<string> = ['http', 'tcp', 'detect', 'HTTP', '', 'toString'];
const ROUTES: Several<string> = [
  'a'.repeat(26),
  'b'.repeat(26),
  'c'.repeat(26),
  'a'.repeat(25),
  'A'.repeat(26),
  '',
  `${'a'.repeat(25)}\n`,
];
const HOSTS: Several<string> = [
  ...([
    '203.0.113.1',
    'gateway.example',
    '2001:db8::1',
    '127.0.0.1',
    'localhost',
    '0.0.0.0',
    '169.254.169.254',
  ] as const),
  ...[
    '::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2130706433',
    '127.1',
    '0x7f.1',
    'fe80::1',
  ],
  ...[
    '224.0.0.1',
    '255.255.255.255',
    'a b',
    'a\n',
    '',
    'evil.localhost',
    '[::1]',
    '10.0.0.1.',
    'metadata',
    '1.2.3.4:80',
  ],
];

/** Versions that mostly follow each other, so that what is sent is looked at. */
export interface Story {
  readonly epoch: number;
  version: number;
}

export function frameOf(choices: Choices, story: Story): ExchangeFrame {
  const position = {
    epoch: choices.pick([story.epoch, story.epoch, 0, 2]),
    version: story.version + choices.pick([0, 0, 1, 9]),
  };
  const step = (): { version: number; after: number } => {
    const after = choices.below(12) === 11 ? choices.pick(NUMBERS) : story.version;
    return { version: (story.version += 1 + choices.below(2)), after };
  };
  switch (choices.below(9)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: 'upsert', ...step(), service: serviceOf(choices) };
    case 4:
      return { kind: 'tombstone', ...step(), namespace: choices.pick(NAMESPACES), name: choices.pick(NAMES) };
    case 5:
      return {
        kind: 'digest',
        position,
        digest: choices.pick(['0'.repeat(16), '', 'x']),
        bundleVersion: choices.pick(NUMBERS),
      };
    case 6:
      return { kind: 'describe', info: infoOf(choices) };
    case 7:
      return { kind: 'snapshotBegin', position, count: choices.pick(NUMBERS) };
    default:
      return { kind: 'snapshotComplete', version: position.version, count: choices.pick(NUMBERS) };
  }
}

/** A snapshot that is right in its form, whatever stands in it. */
export function snapshotOf(choices: Choices, story: Story): ExchangeFrame[] {
  const services = choices.some(12, () => serviceOf(choices));
  const entries = services.map((service, i): ExchangeFrame => ({
    kind: 'upsert',
    version: i + 1,
    after: i,
    service,
  }));
  const version = (story.version += services.length + 1);
  const count = services.length;
  return [
    { kind: 'snapshotBegin', position: { epoch: story.epoch, version }, count },
    ...entries,
    { kind: 'snapshotComplete', version, count },
  ];
}

/** Good but for one field, mostly: of several faults only the first would be seen. */
function serviceOf(choices: Choices): StatedService {
  const name = `s${choices.below(40)}`;
  const good: StatedService = {
    ...{
      namespace: 'shop',
      name,
      exportedAt: 1,
      ports: [GOOD_PORT],
      zones: [GOOD_ZONE],
      serviceAccounts: ['cart'],
    },
  };
  switch (choices.below(16)) {
    case 0:
      return { ...good, namespace: choices.pick(NAMESPACES) };
    case 1:
      return { ...good, name: choices.pick(NAMES) };
    case 2:
      return { ...good, exportedAt: choices.pick(TIMES) };
    case 3:
      return { ...good, ports: choices.some(4, () => portOf(choices)) };
    case 4:
      return { ...good, zones: choices.some(4, () => zoneOf(choices)) };
    case 5:
      return { ...good, serviceAccounts: choices.some(4, () => choices.pick(NAMES)) };
    default:
      return good;
  }
}

const GOOD_PORT = { name: '', port: 80, appProtocol: 'http', routeId: 'a'.repeat(26) };
const GOOD_ZONE = { region: 'eu', zone: 'eu-1', ready: 1, total: 2 };
const GOOD_GATEWAY = { host: '203.0.113.1', port: 15_443, zone: 'eu-1' };

function portOf(choices: Choices): StatedService['ports'][number] {
  switch (choices.below(5)) {
    case 0:
      return { ...GOOD_PORT, name: choices.pick(NAMES) };
    case 1:
      return { ...GOOD_PORT, port: choices.pick(NUMBERS) };
    case 2:
      return { ...GOOD_PORT, appProtocol: choices.pick(PROTOCOLS) };
    case 3:
      return { ...GOOD_PORT, routeId: choices.pick(ROUTES) };
    default:
      return { ...GOOD_PORT, name: 'b', port: 81, routeId: 'b'.repeat(26) };
  }
}

function zoneOf(choices: Choices): StatedService['zones'][number] {
  switch (choices.below(3)) {
    case 0:
      return { ...GOOD_ZONE, region: choices.pick(PLACES) };
    case 1:
      return { ...GOOD_ZONE, zone: choices.pick(PLACES) };
    default:
      return { ...GOOD_ZONE, ready: choices.pick(NUMBERS), total: choices.pick(NUMBERS) };
  }
}

export function infoOf(choices: Choices): StatedInfo {
  const good: StatedInfo = {
    ...{
      cluster: 'west',
      region: 'eu',
      zone: 'eu-1',
      network: 'west',
      gateways: [GOOD_GATEWAY],
      version: '0.1.0',
    },
  };
  switch (choices.below(8)) {
    case 0:
      return { ...good, cluster: choices.pick(['east', '', 'west\n', 'west\x9b', 'WEST']) };
    case 1:
      return { ...good, region: choices.pick(PLACES) };
    case 2:
      return { ...good, zone: choices.pick(PLACES), network: choices.pick(PLACES) };
    case 3:
      return { ...good, version: choices.pick(['', '1\n', 'x'.repeat(65), '<b>']) };
    default:
      return { ...good, gateways: choices.some(4, () => gatewayOf(choices)) };
  }
}

function gatewayOf(choices: Choices): StatedInfo['gateways'][number] {
  switch (choices.below(4)) {
    case 0:
      return { ...GOOD_GATEWAY, port: choices.pick(NUMBERS) };
    case 1:
      return { ...GOOD_GATEWAY, zone: choices.pick(PLACES) };
    default:
      return { ...GOOD_GATEWAY, host: choices.pick(HOSTS) };
  }
}
