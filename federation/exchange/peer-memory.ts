/** What is remembered of a peer over restarts: read back through the same schema as what comes from the wire. */
import type { Member } from './exchange.ts';
import { parseInfo, checkGateway } from '../decide/parse-info.ts';
import { parseService } from '../decide/parse-service.ts';
import { QUOTAS } from '../decide/quotas.ts';
import type { ClusterInfo, ExportedService, GatewayAddress } from '../../mesh/model/catalog.ts';
import type { Position, StatedInfo, StatedService } from '../../mesh/model/exchange-frame.ts';
import { isDnsLabel, splitServiceKey, type ClusterName, type ServiceKey } from '../../mesh/model/names.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';

export interface PeerMemory {
  readonly cluster: ClusterName;
  readonly membership?: string;
  /** As told at joining; its Hello says what holds now. */
  readonly gateways: readonly GatewayAddress[];
  readonly info?: ClusterInfo;
  readonly seen: Position;
  readonly services: ReadonlyMap<ServiceKey, ExportedService>;
}

const PREFIX = 'peer-';
const EPOCH = 'epoch';

export function saveMemory(store: StateStore, memory: PeerMemory): void {
  const services = [...memory.services.values()].map(({ key, ...rest }) => ({
    ...splitServiceKey(key),
    ...rest,
  }));
  store.write(PREFIX + memory.cluster, JSON.stringify({ ...memory, services }));
}

export function dropMemory(store: StateStore, cluster: ClusterName): void {
  store.remove(PREFIX + cluster);
}

/** Peers whose text can be read; `damaged` names the others. */
export function loadMemories(
  store: StateStore,
  allowLoopback: boolean,
): { readonly memories: readonly PeerMemory[]; readonly damaged: readonly string[] } {
  const memories: PeerMemory[] = [];
  const damaged: string[] = [];
  for (const name of store.list().filter((entry) => entry.startsWith(PREFIX))) {
    const memory = readMemory(store.read(name) ?? '', allowLoopback);
    if (memory !== undefined && PREFIX + memory.cluster === name) memories.push(memory);
    else damaged.push(name);
  }
  return { memories, damaged };
}

/** The epoch of this run: one more than any before. */
export function nextEpoch(store: StateStore): number {
  const last = Number(store.read(EPOCH) ?? '0');
  const epoch = Number.isSafeInteger(last) && last >= 0 ? last + 1 : 1;
  store.write(EPOCH, String(epoch));
  return epoch;
}

interface Stored {
  readonly cluster: string;
  readonly membership?: string;
  readonly gateways: readonly GatewayAddress[];
  readonly info?: StatedInfo;
  readonly seen: Position;
  readonly services: readonly StatedService[];
}

function readMemory(text: string, allowLoopback: boolean): PeerMemory | undefined {
  try {
    const stored = JSON.parse(text) as Stored;
    const { seen, membership } = stored;
    if (!isDnsLabel(stored.cluster) || !isPosition(seen)) return undefined;
    const cluster = stored.cluster as ClusterName;
    const info = stored.info && parseInfo(stored.info, { origin: cluster, allowLoopback, quotas: QUOTAS });
    const services = stored.services
      .map((service) => parseService(service, { origin: cluster, quotas: QUOTAS }))
      .filter((parsed) => parsed.ok);
    const gateways = stored.gateways.map((gateway) => checkGateway(gateway, { allowLoopback }));
    return {
      ...{ cluster, seen, gateways: gateways.filter((parsed) => parsed.ok).map((parsed) => parsed.value) },
      services: new Map(services.map(({ value }) => [value.key, value])),
      ...(typeof membership === 'string' ? { membership } : {}),
      ...(info?.ok ? { info: info.value.info } : {}),
    };
  } catch {
    return undefined;
  }
}

function isPosition({ epoch, version }: Position): boolean {
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(version) && epoch >= 0 && version >= 0;
}

/** For a newcomer: a member that its controller is to dial. */
export function rememberMember(store: StateStore, { cluster, gateways }: Member): void {
  saveMemory(store, { cluster, gateways, seen: { epoch: 0, version: 0 }, services: new Map() });
}
