/**
 * Discovery between a controller and its proxies, on the wire and at the proxy's end. Start at connect-discovery.ts;
 * here are the checks of single fields that the border makes.
 */
import { isIP } from 'node:net';
import { quoted } from '../../kit/quoted.ts';
import { err, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isDnsLabel, parseServiceKey } from '../../model/names.ts';
import type { AppProtocol } from '../../model/service.ts';

/** A field by its name, and whether it is as it must be. */
export type FieldCheck = readonly [field: string, isRight: boolean];

const PLACE = /^[A-Za-z0-9._-]{0,253}$/;
const ID = /^[A-Za-z0-9._:/-]{1,253}$/;
const HOST = /^[A-Za-z0-9.:%_-]{1,253}$/;
const APP_PROTOCOLS: ReadonlySet<string> = new Set<AppProtocol>(['http', 'tcp', 'detect']);
const MAX_WORDS = 1024;
/** Of one Service: one of each family. */
const MAX_ADDRESSES = 2;

export function firstWrong(checks: readonly FieldCheck[]): string | undefined {
  return checks.find(([, isRight]) => !isRight)?.[0];
}

/** The first message of `items` with a wrong field: `ports[2].name`. */
export function firstWrongOf<T>(
  name: string,
  items: readonly T[],
  wrongField: (item: T) => string | undefined,
): string | undefined {
  for (const [i, item] of items.entries()) {
    const wrong = wrongField(item);
    if (wrong !== undefined) return `${name}[${i}].${wrong}`;
  }
  return undefined;
}

export function violation(subject: string, field: string): Result<never, Fault> {
  const message = 'is missing, malformed or out of range';
  return err({ ...fault('schema_violation', quoted(subject, 140), message), field });
}

export function isServiceKey(text: string): boolean {
  return parseServiceKey(text).ok;
}

export function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 65_536;
}

export function isAppProtocol(text: string): boolean {
  return APP_PROTOCOLS.has(text);
}

/** A region, zone or version: may be empty. */
export function isPlace(text: string): boolean {
  return PLACE.test(text);
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** An IP address or host name. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

export function isFraction(value: number): boolean {
  return value >= 0 && value <= 1;
}

export function isPositive(value: number): boolean {
  return value >= 0 && value < Infinity;
}

export function isPercent(value: number): boolean {
  return value >= 0 && value <= 100;
}

export function isWords(text: string | undefined): boolean {
  return text === undefined || text.length <= MAX_WORDS;
}

/** The addresses of one Service. */
export function areAddresses(addresses: readonly string[]): boolean {
  return addresses.length <= MAX_ADDRESSES && addresses.every((address) => isIP(address) !== 0);
}

export function areLabels(names: readonly string[]): boolean {
  return names.every(isDnsLabel);
}
