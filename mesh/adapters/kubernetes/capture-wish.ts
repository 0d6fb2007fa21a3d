/** How the owner of a pod wants its connections captured, by annotations of the pod. */
import { isIP } from 'node:net';
import { ok, type Result } from '../../kit/result.ts';
import type { CaptureWish } from './capture-rules.ts';
import { shown, wrong, type WrongAnnotation } from './wrong-annotation.ts';

const CAPTURE_ANNOTATIONS = {
  /** `none`: nothing is, and the pod needs no NET_ADMIN. Else `outbound`. */
  capture: 'isthmus.dev/capture',
  /** `strict`: plain TCP from outside the pod is refused. Else `permissive`. */
  inbound: 'isthmus.dev/inbound',
  /** Comma-separated CIDRs: nothing else is captured. */
  ranges: 'isthmus.dev/capture-ranges',
  excludedRanges: 'isthmus.dev/capture-exclude-ranges',
  /** Comma-separated. */
  excludedPorts: 'isthmus.dev/capture-exclude-ports',
} as const;

/** What holds for pods that do not say. */
export interface CaptureDefaults {
  readonly capture?: 'outbound' | 'none';
  readonly inbound?: CaptureWish['inbound'];
}

type Read<T> = Result<T, WrongAnnotation>;

const MAX_ENTRIES = 64;

/** Undefined: nothing is captured. */
export function readCaptureWish(
  annotations: Readonly<Record<string, unknown>>,
  defaults: CaptureDefaults,
): Read<CaptureWish | undefined> {
  const { capture: captureName, inbound: inboundName } = CAPTURE_ANNOTATIONS;
  const capture = oneOf(captureName, annotations[captureName] ?? defaults.capture, ['outbound', 'none']);
  if (!capture.ok) return capture;
  const inbound = oneOf(inboundName, annotations[inboundName] ?? defaults.inbound, ['permissive', 'strict']);
  if (!inbound.ok) return inbound;
  if (capture.value === 'none') {
    return inbound.value === 'permissive'
      ? ok(undefined)
      : wrong(inboundName, `strict needs the packet filter that ${captureName}: none leaves out`);
  }
  const ranges = listOf(annotations, CAPTURE_ANNOTATIONS.ranges, isRange);
  if (!ranges.ok) return ranges;
  const excludedRanges = listOf(annotations, CAPTURE_ANNOTATIONS.excludedRanges, isRange);
  if (!excludedRanges.ok) return excludedRanges;
  const ports = listOf(annotations, CAPTURE_ANNOTATIONS.excludedPorts, isPort);
  if (!ports.ok) return ports;
  return ok({
    ...{ inbound: inbound.value, ranges: ranges.value, excludedRanges: excludedRanges.value },
    excludedPorts: ports.value.map(Number),
  });
}

/** The first of them where nothing is said. */
function oneOf<T extends string>(
  field: string,
  value: unknown,
  known: readonly [T, ...(readonly T[])],
): Read<T> {
  const found = value === undefined ? known[0] : known.find((one) => one === value);
  return found === undefined ? wrong(field, `${shown(value)} is not ${known.join(' or ')}`) : ok(found);
}

function listOf(
  annotations: Readonly<Record<string, unknown>>,
  ...[field, isRight]: readonly [field: string, isRight: (entry: string) => boolean]
): Read<readonly string[]> {
  const { [field]: text = '' } = annotations;
  if (typeof text !== 'string') return wrong(field, `${shown(text)} is not text`);
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length > MAX_ENTRIES) return wrong(field, `has more than ${MAX_ENTRIES} entries`);
  const bad = entries.find((entry) => !isRight(entry));
  return bad === undefined ? ok(entries) : wrong(field, `${shown(bad)} cannot stand there`);
}

/** It becomes a part of the packet filter's text: nothing but an address and a length may pass. */
function isRange(entry: string): boolean {
  const [address = '', length, ...rest] = entry.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || address.includes('%') || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
}

/** Text of a port, 1-65535. */
export function isPort(entry: string): boolean {
  return /^\d{1,5}$/.test(entry) && Number(entry) >= 1 && Number(entry) <= 65_535;
}
