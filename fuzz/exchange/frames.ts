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
      return { kind: 'digest', position, digest: choices.pick(['0'.repeat(16), '', 'x']) };
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

function serviceOf(choices: Choices): StatedService {
  const isPlain = choices.below(3) > 0;
  return {
    namespace: isPlain ? 'shop' : choices.pick(NAMESPACES),
    name: isPlain ? `s${choices.below(40)}` : choices.pick(NAMES),
    exportedAt: isPlain ? 1 : choices.pick(TIMES),
    ports: isPlain ? [GOOD_PORT] : choices.some(4, () => portOf(choices)),
    zones: isPlain ? [] : choices.some(4, () => zoneOf(choices)),
    serviceAccounts: isPlain ? ['cart'] : choices.some(4, () => choices.pick(NAMES)),
  };
}

const GOOD_PORT = { name: '', port: 80, appProtocol: 'http', routeId: 'a'.repeat(26) };

function portOf(choices: Choices): StatedService['ports'][number] {
  const [name, port] = [choices.pick(NAMES), choices.pick(NUMBERS)];
  return { name, port, appProtocol: choices.pick(PROTOCOLS), routeId: choices.pick(ROUTES) };
}

function zoneOf(choices: Choices): StatedService['zones'][number] {
  const [region, zone] = [choices.pick(PLACES), choices.pick(PLACES)];
  return { region, zone, ready: choices.pick(NUMBERS), total: choices.pick(NUMBERS) };
}

export function infoOf(choices: Choices): StatedInfo {
  const gateway = (): StatedInfo['gateways'][number] => {
    return { host: choices.pick(HOSTS), port: choices.pick(NUMBERS), zone: choices.pick(PLACES) };
  };
  return {
    cluster: choices.pick(['west', 'west', 'west', 'east', '', 'west\n']),
    ...{ region: choices.pick(PLACES), zone: choices.pick(PLACES), network: choices.pick(PLACES) },
    ...{ gateways: choices.some(4, gateway), version: choices.pick(['0.1.0', '', '1\n', 'x'.repeat(65)]) },
  };
}
