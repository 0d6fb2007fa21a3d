import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeFrame } from '../../model/exchange-frame.ts';
import { decodeFrame, encodeFrame } from './exchange-codec.ts';
import { ConnectRequest, Frame } from './generated/isthmus/exchange/v1/exchange.ts';

const info = {
  ...{ cluster: 'west', region: 'eu', zone: 'eu-1', network: 'west', version: '0.1.0' },
  gateways: [{ host: '203.0.113.1', port: 15443, zone: 'eu-1' }],
};
const position = { epoch: 3, version: 2 ** 40 };
const service = {
  ...{ namespace: 'shop', name: 'cart', exportedAt: 1_700_000_000_000, serviceAccounts: ['cart'] },
  ports: [{ name: 'http', port: 80, appProtocol: 'http', routeId: 'a'.repeat(26) }],
  zones: [{ region: 'eu', zone: 'eu-1', ready: 1, total: 2 }],
};
const traits = {
  type: 'Headless',
  ...{ sessionAffinity: 'ClientIP', affinitySeconds: 10, internalTrafficPolicy: 'Local' },
  ...{ trafficDistribution: 'PreferClose', ipFamilies: ['IPv6', 'IPv4'] },
  ports: [
    { protocol: 'UDP', port: 53 },
    { name: 'web', protocol: 'TCP', port: 80, appProtocol: 'http' },
  ],
} as const;
const labelled = { ...service, labels: { team: 'shop' }, annotations: { note: 'a: b' } };
const FRAMES: readonly ExchangeFrame[] = [
  { kind: 'hello', protocol: 1, position, resume: position, info, bundleVersion: 7 },
  { kind: 'hello', protocol: 1, position, info, bundleVersion: 7 },
  { kind: 'describe', info },
  { kind: 'snapshotBegin', position, count: 5000 },
  { kind: 'upsert', version: 2, after: 1, service },
  { kind: 'upsert', version: 2, after: 1, service: { ...labelled, traits } },
  {
    kind: 'upsert',
    version: 2,
    after: 1,
    service: { ...service, traits: { type: 'ClusterSetIP', ports: [] } },
  },
  {
    kind: 'upsert',
    version: 2,
    after: 1,
    service: { ...service, sidecar: { address: '10.1.0.7', port: 15008 } },
  },
  { kind: 'tombstone', version: 3, after: 2, namespace: 'shop', name: 'cart' },
  { kind: 'snapshotComplete', version: 3, count: 5000 },
  { kind: 'digest', position, digest: '0123456789abcdef', bundleVersion: 7 },
  { kind: 'ack', position },
  { kind: 'nack', version: 4, reason: 'schema_violation', key: 'shop/cart', detail: 'ports.port: 0' },
  { kind: 'resync', reason: 'holds 2, not 3' },
  { kind: 'heartbeat', sentMs: 1, wallMs: 1_700_000_000_000, echoMs: 0, heldMs: 12 },
  { kind: 'bundle', bundle: { payload: '{}', signature: 'AA==' } },
  { kind: 'goodbye', left: true },
];

const overTheWire = (frame: ExchangeFrame): ExchangeFrame | undefined =>
  decodeFrame(Frame.decode(Frame.encode(encodeFrame(frame)).finish()));

describe('a frame', () => {
  it.each(FRAMES.map((frame) => [frame.kind, frame] as const))('%s arrives as it was sent', (_, frame) => {
    expect(overTheWire(frame)).toEqual(frame);
  });

  it('is unknown when it is of another kind, or lacks a part', () => {
    expect(decodeFrame(undefined)).toBeUndefined();
    expect(decodeFrame({ kind: undefined })).toBeUndefined();
    const hello = { protocol: 1, position, resume: undefined, info: undefined, bundleVersion: 1 };
    expect(decodeFrame({ kind: { $case: 'hello', value: hello } })).toBeUndefined();
    expect(
      decodeFrame({ kind: { $case: 'upsert', value: { version: 1, after: 0, service: undefined } } }),
    ).toBeUndefined();
    for (const $case of ['digest', 'ack', 'snapshotBegin', 'describe'] as const) {
      const value = { position: undefined, info: undefined, digest: '', count: 0 };
      expect(decodeFrame({ kind: { $case, value } as never })).toBeUndefined();
    }
  });

  it('of any bytes is a frame, unknown, or a decoding error; never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        let frame: ExchangeFrame | undefined;
        try {
          frame = decodeFrame(ConnectRequest.decode(bytes).frame);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        if (frame !== undefined) expect(FRAMES.map(({ kind }) => kind)).toContain(frame.kind);
      }),
      { numRuns: 2000 },
    );
  });
});
