/**
 * What a member says over the exchange (S26-S29): bytes of any kind are decoded or refused, what they say is held only
 * where it is sound and within the quotas, and refusals are words without control characters.
 */
import { parseInfo } from '../../federation/decide/parse-info.ts';
import type { Quotas } from '../../federation/decide/quotas.ts';
import {
  beginStream,
  createSubscriber,
  receive,
  visibleServices,
  type Subscriber,
} from '../../federation/decide/subscriber.ts';
import { decodeFrame, encodeFrame } from '../../mesh/adapters/grpc/exchange-codec.ts';
import { ConnectRequest } from '../../mesh/adapters/grpc/generated/isthmus/exchange/v1/exchange.ts';
import type { ExchangeFrame, StatedInfo } from '../../mesh/model/exchange-frame.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import { choicesOf } from '../choices.ts';
import { checkInfo, checkService } from '../exchange/check-stored.ts';
import { frameOf, infoOf, snapshotOf } from '../exchange/frames.ts';
import { must, type Target } from '../target.ts';

const WEST = 'west' as ClusterName;
/** Small ones, so that they are reached. */
const QUOTAS: Quotas = {
  ...{ services: 10, portsPerService: 3, zonesPerService: 3, accountsPerService: 3, gateways: 3 },
  ...{ bytesPerService: 600, bytesPerPeer: 2_000 },
};
const TOLD = 0;
const STEP_MS = 10_000;

/** The first byte says how the rest is read: as decisions that make frames, or as the bytes of messages themselves. */
export const exchange: Target = {
  name: 'exchange',
  sources: ['federation/decide/', 'mesh/adapters/grpc/exchange-codec.ts', 'mesh/decide/peer-address.ts'],
  seeds: () => [
    ...[1, 2, 3, 4].map((step) =>
      Buffer.from(Array.from({ length: 200 }, (_, i) => (i === 0 ? TOLD : (i * 37 * step) % 251))),
    ),
    Buffer.concat([Buffer.from([1]), ...wireSeed().map(withLength)]),
  ],
  words: [
    '\0',
    '\x0a',
    '\x12',
    '\x1a',
    '\x22\x04cart',
    '\x32\x04shop',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
    '\x08\x01',
  ],
  maxBytes: 320,
  cases: 1_200,
  check(input) {
    const frames = input[0] === TOLD ? toldFrames(input.subarray(1)) : wireFrames(input.subarray(1));
    const subscriber = createSubscriber(WEST, QUOTAS);
    must(beginStream(subscriber, { epoch: 1, version: 0 }).ok, 'a first stream begins');
    for (const [i, frame] of frames.entries()) take(subscriber, frame, i * STEP_MS);
    mustBeSound(subscriber);
  },
};

function toldFrames(input: Uint8Array): readonly ExchangeFrame[] {
  const choices = choicesOf(input);
  const story = { epoch: 1, version: 0 };
  const frames = snapshotOf(choices, story);
  while (!choices.isEmpty)
    frames.push(...(choices.below(6) === 0 ? snapshotOf(choices, story) : [frameOf(choices, story)]));
  // Over the wire and back, as they would come.
  return frames.flatMap(
    (frame) => decoded(ConnectRequest.encode({ frame: encodeFrame(frame) }).finish()) ?? [],
  );
}

function wireSeed(): readonly Uint8Array[] {
  const choices = choicesOf(Buffer.from(Array.from({ length: 90 }, (_, i) => (i * 53) % 240)));
  const frames: ExchangeFrame[] = [
    ...snapshotOf(choices, { epoch: 1, version: 0 }),
    {
      kind: 'hello',
      protocol: 1,
      position: { epoch: 1, version: 9 },
      info: infoOf(choices),
      bundleVersion: 1,
    },
    { kind: 'describe', info: infoOf(choices) },
    { kind: 'heartbeat', sentMs: 1, wallMs: 2, echoMs: 3, heldMs: 4 },
    { kind: 'goodbye', left: true },
  ];
  return frames.map((frame) => ConnectRequest.encode({ frame: encodeFrame(frame) }).finish());
}

function withLength(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** Each message stands behind its length. */
function wireFrames(input: Buffer): readonly ExchangeFrame[] {
  const frames: ExchangeFrame[] = [];
  for (let at = 0; at + 2 <= input.length && frames.length < 50;) {
    const end = at + 2 + input.readUInt16BE(at);
    const frame = decoded(input.subarray(at + 2, end));
    if (frame !== undefined) frames.push(frame);
    at = end;
  }
  return frames;
}

/** What is no protobuf is thrown at gRPC, which ends the call; nothing else may throw. */
function decoded(bytes: Uint8Array): ExchangeFrame | undefined {
  let message: ConnectRequest;
  try {
    message = ConnectRequest.decode(bytes);
  } catch {
    return undefined;
  }
  const frame = decodeFrame(message.frame);
  // What was understood can be said again.
  if (frame !== undefined) ConnectRequest.encode({ frame: encodeFrame(frame) }).finish();
  return frame;
}

function take(subscriber: Subscriber, frame: ExchangeFrame, nowMs: number): void {
  switch (frame.kind) {
    case 'hello':
      takeInfo(frame.info);
      beginStream(subscriber, frame.position);
      break;
    case 'describe':
      takeInfo(frame.info);
      break;
    case 'snapshotBegin':
    case 'upsert':
    case 'tombstone':
    case 'snapshotComplete':
    case 'digest': {
      const reaction = receive(subscriber, frame, nowMs);
      for (const reply of reaction.send) ConnectRequest.encode({ frame: encodeFrame(reply) }).finish();
      mustBeWords(reaction.refused);
      break;
    }
    default:
      break;
  }
  mustBeFew(subscriber);
}

function takeInfo(stated: StatedInfo): void {
  const believed = parseInfo(stated, { origin: WEST, allowLoopback: false, quotas: QUOTAS });
  mustBeWords(believed.ok ? believed.value.refused : [believed.error]);
  if (believed.ok) checkInfo(believed.value.info, QUOTAS);
}

function mustBeWords(faults: readonly Fault[]): void {
  for (const { subject, message, field = '' } of faults) {
    must(!/\p{Cc}/u.test(subject + message + field), 'no control character in a refusal', subject, message);
    must(subject.length + message.length < 1_000, 'a refusal is short', subject, message);
  }
}

/** Beside what a peer states, at most as much is kept of what its snapshots dropped. */
function mustBeFew({ stated, kept, hold }: Subscriber): void {
  must([...stated.services()].length <= QUOTAS.services, 'a peer states no more services than it may');
  must(
    kept.size <= (hold === undefined ? 0 : QUOTAS.services),
    'no more services than that are kept',
    kept.size,
  );
}

function mustBeSound(subscriber: Subscriber): void {
  const services = visibleServices(subscriber);
  for (const [key, service] of services) checkService(key, service, QUOTAS);
  // The text of an entry that quotas count is shorter than its JSON, which names each field.
  const bytes = JSON.stringify([...services.values()]).length;
  must(bytes <= 2 * 4 * QUOTAS.bytesPerPeer, 'no more bytes than may be are held', bytes);
}
