/** Shared links whose dials a test answers when it likes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'vitest';
import { err, ok, type Result } from '../../../mesh/kit/result.ts';
import { fault, type Fault } from '../../../mesh/model/fault.ts';
import { createManualClock, type ManualClock } from '../../../mesh/adapters/clock/manual-clock.ts';
import type { ByteStream } from '../../streams/byte-stream.ts';
import { SpareCredit } from '../../streams/spare-credit.ts';
import { socketPair, type SocketPair } from '../../streams/testing/link-pair.ts';
import { ALPN_STREAMS, type MeshSocket } from '../dial-lane.ts';
import type { LaneSpec } from '../lane.ts';
import { SharedLinks } from '../shared-links.ts';

/** A dial that the test answers when it likes. */
interface Dial {
  readonly alpn: readonly string[];
  answer(alpn: string): Promise<SocketPair>;
  refuse(): void;
}

const ends: (() => void)[] = [];

/** After each test. */
export function endAll(): void {
  ends.splice(0).forEach((end) => end());
}

export const MAX_IDLE_MS = 60_000;
export const MAX_DIALS = 8;

export interface Setup {
  readonly shared: SharedLinks;
  readonly dials: Dial[];
  readonly clock: ManualClock;
  /** How many the lane leads to. */
  endpoints: number;
  /** What chance says next. */
  random: number;
  /** What was given out, in turn. */
  readonly got: ByteStream[];
  /** Of each, whether it may turn out to be closed already. */
  readonly reused: boolean[];
  connect(): Promise<Result<ByteStream, Fault>>;
}

export function setup(kind: LaneSpec['kind'] = 'endpoint', endpoints = 1): Setup {
  const clock = createManualClock();
  const dials: Dial[] = [];
  const got: ByteStream[] = [];
  const reused: boolean[] = [];
  const dial = (_spec: LaneSpec, alpn: readonly string[]): Promise<Result<MeshSocket, Fault>> =>
    new Promise((resolve) => {
      dials.push({
        alpn,
        async answer(chosen) {
          const pair = await socketPair();
          ends.push(pair.end);
          pair.server.resume().on('end', () => pair.server.end());
          resolve(ok({ socket: pair.client, raw: pair.client, alpn: chosen }));
          return pair;
        },
        refuse: () => resolve(err(fault('connect_failed', 'east', 'refused'))),
      });
    });
  const shared = new SharedLinks({
    ...{ spec: { kind } as LaneSpec, dialer: { dial }, clock, spare: new SpareCredit() },
    maxIdleMs: MAX_IDLE_MS,
    random: { next: () => on.random, bytes: () => new Uint8Array() },
    ...{ maxDials: MAX_DIALS, endpoints: () => on.endpoints },
  });
  ends.push(() => shared.stop());
  const on: Setup = {
    ...{ shared, dials, clock, endpoints, random: 0, got, reused },
    connect: () =>
      shared.connect((stream, isReused) => {
        got.push(stream);
        reused.push(isReused);
        return stream;
      }),
  };
  return on;
}

export function dialAt({ dials }: Setup, at: number): Dial {
  const dial = dials[at];
  if (dial === undefined) throw new Error(`no dial ${at}`);
  return dial;
}

/** All connected on one link. */
export async function connected(on: Setup, count: number): Promise<SocketPair> {
  const before = on.dials.length;
  const connecting = Array.from({ length: count }, () => on.connect());
  expect(on.dials.length).toBe(before + 1);
  const pair = await dialAt(on, before).answer(ALPN_STREAMS);
  for (const result of await Promise.all(connecting)) expect(result.ok).toBe(true);
  return pair;
}

export function askTimes(on: Setup, count: number): Promise<Result<ByteStream, Fault>[]> {
  return Promise.all(Array.from({ length: count }, () => on.connect()));
}

/** One that needs not wait for a dial. */
export async function connectNow(on: Setup): Promise<void> {
  void on.connect();
  await nextTurn();
}

/** Answers the dials from this one on, with streams; the links are there then. */
export async function answerFrom({ dials }: Setup, first: number): Promise<SocketPair[]> {
  const pairs = await Promise.all(dials.slice(first).map(({ answer }) => answer(ALPN_STREAMS)));
  await nextTurn();
  return pairs;
}

/** Streams that are. */
export function closed({ got }: Setup): number {
  return got.filter((stream) => stream.closed).length;
}

export function look({ clock, shared }: Setup, afterMs: number): void {
  clock.advance(afterMs);
  shared.sweep(clock.monotonic());
}
