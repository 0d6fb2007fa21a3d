/** What is held of one peer's statements: good entries, refused ones with their last good form, and a digest over both. */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { StatedService } from '../../mesh/model/exchange-frame.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { canonicalText, digestText, EMPTY_DIGEST, toggle, type Digest } from './catalog-digest.ts';
import { parseService, statedKey, type ServiceRules } from './parse-service.ts';
import type { Quotas } from './quotas.ts';

interface Entry {
  /** Of what the peer stated, whether it was taken or not. */
  readonly digest: Digest;
  readonly bytes: number;
  /** What is in use: the statement itself, or when it was refused the one before. */
  readonly service: ExportedService | undefined;
}

export interface Holdings {
  /** Takes a statement, or refuses it and keeps `lastGood` or what was held of the service before. */
  put(stated: StatedService, lastGood: ExportedService | undefined): Result<void, Fault>;
  remove(key: ServiceKey): void;
  /** Whether the peer states the service, well or ill. */
  has(key: ServiceKey): boolean;
  get(key: ServiceKey): ExportedService | undefined;
  services(): Iterable<readonly [ServiceKey, ExportedService]>;
  /** Statements put: each service counts once, and each that names no service. */
  count(): number;
  digest(): Digest;
  /** False once a statement was refused that could not be kept account of: then digests cannot agree. */
  isVerifiable(): boolean;
}

export function createHoldings(
  rules: ServiceRules,
  initial: ReadonlyMap<ServiceKey, ExportedService> = new Map(),
): Holdings {
  const ledger = createLedger();
  const { quotas } = rules;
  const { entries } = ledger;
  for (const [key, service] of initial) ledger.store(key, { digest: EMPTY_DIGEST, bytes: 0, service });
  let uncounted = 0;
  return {
    put(stated, lastGood) {
      const key = statedKey(stated);
      const held = key && entries.get(key);
      const parsed = parseService(stated, rules);
      const text = parsed.ok ? canonicalText(stated) : '';
      const demand = { entries: entries.size + (held ? 0 : 1), bytes: ledger.bytes() - (held?.bytes ?? 0) };
      const over = quotaFault({ key, text, ...demand }, quotas);
      if (key === undefined || (held === undefined && entries.size >= quotas.services)) uncounted++;
      else if (parsed.ok && over === undefined)
        ledger.store(key, { digest: digestText(text), bytes: text.length, service: parsed.value });
      else ledger.store(key, refusedEntry(stated, held?.service ?? lastGood));
      if (!parsed.ok) return parsed;
      return over === undefined ? ok(undefined) : err(over);
    },
    ...{ remove: ledger.remove, has: (key) => entries.has(key), get: (key) => entries.get(key)?.service },
    *services() {
      for (const [key, { service }] of entries) if (service !== undefined) yield [key, service];
    },
    ...{ count: () => entries.size + uncounted, digest: ledger.digest, isVerifiable: () => uncounted === 0 },
  };
}

function refusedEntry(stated: StatedService, service: ExportedService | undefined): Entry {
  return { digest: digestText(canonicalText(stated)), bytes: 0, service };
}

interface Ledger {
  readonly entries: ReadonlyMap<ServiceKey, Entry>;
  store(key: ServiceKey, entry: Entry): void;
  remove(key: ServiceKey): void;
  digest(): Digest;
  bytes(): number;
}

/** Entries with their sums. */
function createLedger(): Ledger {
  const entries = new Map<ServiceKey, Entry>();
  let [digest, bytes] = [EMPTY_DIGEST, 0];
  const remove = (key: ServiceKey): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    digest = toggle(digest, entry.digest);
    bytes -= entry.bytes;
    entries.delete(key);
  };
  const store = (key: ServiceKey, entry: Entry): void => {
    remove(key);
    digest = toggle(digest, entry.digest);
    bytes += entry.bytes;
    entries.set(key, entry);
  };
  return { entries, store, remove, digest: () => digest, bytes: () => bytes };
}

interface Demand {
  readonly key: ServiceKey | undefined;
  readonly text: string;
  /** With this entry. */
  readonly entries: number;
  /** Without this entry. */
  readonly bytes: number;
}

function quotaFault({ key, text, entries, bytes }: Demand, quotas: Quotas): Fault | undefined {
  const over = (what: string): Fault => fault('quota_exceeded', key ?? 'service', what);
  if (entries > quotas.services)
    return over(`is one more than the ${quotas.services} services a peer may export`);
  if (text.length > quotas.bytesPerService)
    return over(`takes ${text.length} bytes, at most ${quotas.bytesPerService} are allowed`);
  if (bytes + text.length > quotas.bytesPerPeer)
    return over(`takes its cluster over ${quotas.bytesPerPeer} bytes in all`);
  return undefined;
}
