/** The copy of one peer's catalog that is held here: what it said of itself and its services, and what was refused. */
import type { PeerMemory } from './peer-memory.ts';
import { parseInfo } from '../decide/parse-info.ts';
import { QUOTAS } from '../decide/quotas.ts';
import {
  beginStream,
  confirmHold,
  createSubscriber,
  heldFault,
  receive,
  resumePosition,
  visibleServices,
  type Reaction,
  type Subscriber,
} from '../decide/subscriber.ts';
import { sameData } from '../../mesh/kit/same-data.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { ClusterInfo, ExportedService, GatewayAddress, PeerCatalog } from '../../mesh/model/catalog.ts';
import type { CatalogFrame, HelloFrame, Position, StatedInfo } from '../../mesh/model/exchange-frame.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';

type Offered = Pick<PeerCatalog, 'services' | 'hosts'>;

const NOWHERE: Position = { epoch: 0, version: 0 };

export class PeerCopy {
  readonly cluster: ClusterName;
  readonly #allowLoopback: boolean;
  #subscriber: Subscriber;
  /** Hosts among them. */
  #services: ReadonlyMap<ServiceKey, ExportedService>;
  #offered: Offered | undefined;
  #info: ClusterInfo | undefined;
  #membership: string | undefined;
  #told: readonly GatewayAddress[];

  constructor(memory: PeerMemory, allowLoopback: boolean) {
    this.cluster = memory.cluster;
    this.#allowLoopback = allowLoopback;
    this.#subscriber = createSubscriber(memory.cluster, QUOTAS, memory);
    this.#services = memory.services;
    this.#info = memory.info;
    this.#membership = memory.membership;
    this.#told = memory.gateways;
  }

  /** The same while nothing changes. */
  offered(): Offered {
    this.#offered ??= hostsApart(this.#services);
    return this.#offered;
  }

  membership(): string | undefined {
    return this.#membership;
  }

  resume(): Position | undefined {
    return resumePosition(this.#subscriber);
  }

  applied(): Position {
    return this.#subscriber.seen;
  }

  /** Gateways to dial: as the peer said last, else as others said. */
  gateways(): readonly GatewayAddress[] {
    return this.#info?.gateways.length ? this.#info.gateways : this.#told;
  }

  tellGateways(gateways: readonly GatewayAddress[]): void {
    this.#told = gateways;
    if (this.#info !== undefined) this.#info = { ...this.#info, gateways };
  }

  /** Until its first Hello little is known of a member. */
  info(): ClusterInfo {
    const { cluster } = this;
    return (
      this.#info ?? { cluster, region: '', zone: '', network: cluster, gateways: this.#told, version: '' }
    );
  }

  /** Takes a Hello: the peer itself, where its history stands. Answers what was refused of it. */
  hello(frame: HelloFrame, membership: string): Result<readonly Fault[], Fault> {
    const info = parseInfo(frame.info, this.#infoRules());
    if (!info.ok) return info;
    // A new membership has a new history: older epochs of the former one mean nothing.
    if (membership !== this.#membership)
      this.#subscriber = createSubscriber(this.cluster, QUOTAS, { seen: NOWHERE, services: this.#services });
    const begun = beginStream(this.#subscriber, frame.position);
    if (!begun.ok) return err(begun.error);
    this.#membership = membership;
    this.#info = info.value.info;
    return ok(info.value.refused);
  }

  /** What was refused of it; undefined when it says nothing new. */
  describe(stated: StatedInfo): Result<readonly Fault[] | undefined, Fault> {
    const info = parseInfo(stated, this.#infoRules());
    if (!info.ok) return info;
    if (this.#info !== undefined && sameData(info.value.info, this.#info)) return ok(undefined);
    this.#info = info.value.info;
    return ok(info.value.refused);
  }

  /** `nowMs`: steady time. */
  apply(frame: CatalogFrame, nowMs: number): Reaction {
    const reaction = receive(this.#subscriber, frame, nowMs);
    if (reaction.changed) this.#take(visibleServices(this.#subscriber));
    return reaction;
  }

  /** What is wrong as long as it lasts. */
  faults(): readonly Fault[] {
    const { hold } = this.#subscriber;
    return hold === undefined ? [] : [heldFault(this, hold)];
  }

  confirm(): boolean {
    const held = confirmHold(this.#subscriber);
    this.#take(visibleServices(this.#subscriber));
    return held;
  }

  /** The peer has withdrawn everything. */
  clear(): void {
    this.#subscriber = createSubscriber(this.cluster, QUOTAS, {
      seen: this.#subscriber.seen,
      services: new Map(),
    });
    this.#take(new Map());
  }

  memory(): PeerMemory {
    const { cluster } = this;
    return {
      ...{ cluster, gateways: this.#told, seen: this.#subscriber.seen, services: this.#services },
      ...(this.#membership === undefined ? {} : { membership: this.#membership }),
      ...(this.#info === undefined ? {} : { info: this.#info }),
    };
  }

  #take(services: ReadonlyMap<ServiceKey, ExportedService>): void {
    this.#services = services;
    this.#offered = undefined;
  }

  #infoRules(): { origin: ClusterName; allowLoopback: boolean; quotas: typeof QUOTAS } {
    return { origin: this.cluster, allowLoopback: this.#allowLoopback, quotas: QUOTAS };
  }
}

/** What a peer states, told apart: services, and the hosts of those that are headless. */
function hostsApart(stated: ReadonlyMap<ServiceKey, ExportedService>): Offered {
  const hosts = new Map([...stated].filter(([key]) => parseHostKey(key) !== undefined));
  if (hosts.size === 0) return { services: stated };
  return { services: new Map([...stated].filter(([key]) => !hosts.has(key))), hosts };
}
