/** Frames of the exchange to the wire and back. Typed only: what a peer states is believed in federation/decide. */
import { decodeService, encodeService } from './service-codec.ts';
import type { ExchangeFrame, Position, StatedInfo } from '../../model/exchange-frame.ts';
import type {
  ClusterInfo,
  Frame,
  Position as WirePosition,
} from './generated/isthmus/exchange/v1/exchange.ts';

type WireKind = NonNullable<Frame['kind']>;

export function encodeFrame(frame: ExchangeFrame): Frame {
  return { kind: encodeKind(frame) };
}

/** Undefined for a kind that is unknown here, and for a frame that lacks a part. */
export function decodeFrame(wire: Frame | undefined): ExchangeFrame | undefined {
  return wire?.kind === undefined ? undefined : decodeKind(wire.kind);
}

function encodeKind(frame: ExchangeFrame): WireKind {
  switch (frame.kind) {
    case 'hello': {
      const { kind: $case, info, resume, ...rest } = frame;
      return { $case, value: { ...rest, resume, info: encodeInfo(info) } };
    }
    case 'describe':
      return { $case: frame.kind, value: { info: encodeInfo(frame.info) } };
    case 'upsert': {
      const service = encodeService(frame.service);
      return { $case: frame.kind, value: { version: frame.version, after: frame.after, service } };
    }
    case 'snapshotBegin':
      return { $case: frame.kind, value: { position: frame.position, count: frame.count } };
    case 'tombstone':
      return { $case: frame.kind, value: frame };
    case 'snapshotComplete':
      return { $case: frame.kind, value: frame };
    case 'digest':
      return { $case: frame.kind, value: frame };
    case 'ack':
      return { $case: frame.kind, value: frame };
    case 'nack':
      return { $case: frame.kind, value: frame };
    case 'resync':
      return { $case: frame.kind, value: frame };
    case 'heartbeat':
      return { $case: frame.kind, value: frame };
    case 'bundle':
      return { $case: frame.kind, value: frame.bundle };
    case 'goodbye':
      return { $case: frame.kind, value: frame };
  }
}

function encodeInfo({ cluster, region, zone, network, gateways, version }: StatedInfo): ClusterInfo {
  return { cluster, region, zone, network, gateways, version };
}

function decodeKind(wire: WireKind): ExchangeFrame | undefined {
  const { value } = wire;
  switch (wire.$case) {
    case 'hello': {
      const { protocol, position, resume, info, bundleVersion } = wire.value;
      if (position === undefined || info === undefined) return undefined;
      const resumed = resume === undefined ? {} : { resume: at(resume) };
      return { kind: 'hello', protocol, position: at(position), info, bundleVersion, ...resumed };
    }
    case 'describe':
      return wire.value.info && { kind: 'describe', info: wire.value.info };
    case 'upsert': {
      const { version, after, service } = wire.value;
      if (service === undefined) return undefined;
      return { kind: 'upsert', version, after, service: decodeService(service) };
    }
    case 'snapshotBegin':
    case 'digest':
    case 'ack': {
      const { position } = wire.value;
      return position && ({ ...value, kind: wire.$case, position: at(position) } as ExchangeFrame);
    }
    case 'bundle':
      return { kind: 'bundle', bundle: { payload: wire.value.payload, signature: wire.value.signature } };
    default:
      return { ...value, kind: wire.$case } as ExchangeFrame;
  }
}

function at({ epoch, version }: WirePosition): Position {
  return { epoch, version };
}
