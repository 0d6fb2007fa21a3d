/**
 * The way to one service port: its lanes, its groups with their ramps, and the shares in force. Shares are computed
 * anew only when something changed, and at a fixed pace while a group ramps up.
 */
import {
  nextEven,
  pickGroup,
  pickTwoChoices,
  prepareShares,
  slowStartLoad,
  type ShareTable,
} from '../../mesh/decide/balance/pick.ts';
import { decideShares } from '../../mesh/decide/failover/decide-shares.ts';
import { advanceRamp, type Ramp } from '../../mesh/decide/failover/ramp.ts';
import { countRequest, createRetryBudget, tryRetry } from '../../mesh/decide/retry-budget.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { AppProtocol } from '../../mesh/model/service.ts';
import type { EndpointGroup, GroupShare, Shares } from '../../mesh/model/shares.ts';
import type { SidecarContext } from '../context.ts';
import {
  endpointGroups,
  groupKey,
  zoneKey,
  type Finding,
  type GroupsInput,
} from '../decide/endpoint-groups.ts';
import type { Wish } from '../http/exchange-plan.ts';
import type { Upstream } from '../http/upstream.ts';
import type { LaneDialer } from './dial-lane.ts';
import { grantTrial } from './lane-health.ts';
import { laneSpecs } from './lane.ts';
import { LiveLane, type LaneEvents } from './live-lane.ts';

export type Picked = { readonly lane: LiveLane } | { readonly refused: ReasonCode };

export interface PortRouteStart {
  readonly view: MeshView;
  readonly service: ServiceView;
  readonly port: number;
  /** As in ServiceAddress. */
  readonly at?: string | undefined;
}

export interface PortRouteParts {
  readonly context: SidecarContext;
  readonly dialer: LaneDialer;
  laneChanged(route: PortRoute, ...change: Parameters<LaneEvents['changed']>): void;
}

const SLOW_START_MS = 30_000;

export class PortRoute {
  readonly service: ServiceKey;
  readonly port: number;
  readonly at: string | undefined;
  readonly #parts: PortRouteParts;
  readonly #budget = createRetryBudget();
  readonly #events: LaneEvents;
  #lanes = new Map<string, LiveLane>();
  readonly #leaving = new Set<LiveLane>();
  #view: MeshView;
  #serviceView: ServiceView;
  #ramps = new Map<string, Ramp>();
  #shares: Shares = { groups: [], shed: 0, panic: false };
  #table: ShareTable = { groups: [], bounds: new Float64Array(0) };
  #candidates = new Map<GroupShare, readonly LiveLane[]>();
  #dirty = true;
  #ramping = false;
  #computedAt = 0;
  #first = true;
  /** Where in the shares the last request fell. */
  #even: number;

  constructor(parts: PortRouteParts, start: PortRouteStart) {
    const { view, service, port } = start;
    this.service = service.key;
    this.port = port;
    this.at = start.at;
    this.#parts = parts;
    this.#even = parts.context.random.next();
    this.#view = view;
    this.#serviceView = service;
    this.#events = {
      changed: (lane, how) => {
        this.#dirty = true;
        parts.laneChanged(this, lane, how);
      },
    };
    this.update(view, service);
  }

  get appProtocol(): AppProtocol {
    return this.#serviceView.ports.find(({ port }) => port === this.port)?.appProtocol ?? 'detect';
  }

  update(view: MeshView, service: ServiceView): void {
    this.#view = view;
    this.#serviceView = service;
    this.#dirty = true;
    const kept = new Map<string, LiveLane>();
    for (const spec of laneSpecs(view, service, this.port)) {
      const lane = this.#lanes.get(spec.key);
      lane?.update(spec);
      kept.set(spec.key, lane ?? this.#openLane(spec));
    }
    for (const [key, lane] of this.#lanes) if (!kept.has(key)) this.#retire(lane);
    this.#lanes = kept;
  }

  countRequest(nowMs: number): void {
    countRequest(this.#budget, nowMs);
  }

  /** Takes one retry or hedge out of the budget. */
  spendRetry(): boolean {
    return tryRetry(this.#budget, this.#now());
  }

  pick(wish: Wish): Picked {
    this.#refresh();
    if (wish.canTest && wish.tried.length === 0) {
      const trial = this.#grantTrial();
      if (trial !== undefined) return { lane: trial };
    }
    this.#even = nextEven(this.#even);
    const chosen = pickGroup(this.#table, this.#even);
    if (chosen === 'shed' && wish.tried.length === 0) return { refused: 'overflow_shed' };
    const first = chosen === 'shed' || chosen === undefined ? undefined : this.#pickIn(chosen, wish.tried);
    const lane = first ?? this.#pickAnywhere(wish);
    if (lane !== undefined && (wish.onlyUsable !== true || lane.finding().usable)) return { lane };
    return { refused: this.#lanes.size === 0 ? 'no_endpoint' : 'no_healthy_endpoint' };
  }

  /** As used now. */
  shares(): Shares {
    this.#refresh();
    return this.#shares;
  }

  tick(nowMs: number): void {
    for (const lane of this.#lanes.values()) lane.tick(nowMs);
    for (const lane of this.#leaving) {
      lane.tick(nowMs);
      if (lane.outstanding === 0) this.#leaving.delete(lane);
    }
  }

  renewTerms(): void {
    for (const lane of this.#lanes.values()) lane.renewTerms();
  }

  /** What it has learned of gateways changed. */
  invalidate(): void {
    this.#dirty = true;
  }

  stop(): void {
    for (const lane of [...this.#lanes.values(), ...this.#leaving]) lane.stop();
    this.#lanes.clear();
    this.#leaving.clear();
  }

  /** The service has gone: what is under way may finish. */
  retire(): void {
    for (const lane of this.#lanes.values()) this.#retire(lane);
    this.#lanes = new Map();
    this.#dirty = true;
  }

  get isGone(): boolean {
    return this.#lanes.size === 0 && this.#leaving.size === 0;
  }

  #now(): number {
    return this.#parts.context.clock.monotonic();
  }

  readonly #random = (): number => this.#parts.context.random.next();

  #openLane(spec: ConstructorParameters<typeof LiveLane>[0]): LiveLane {
    const { context, dialer } = this.#parts;
    const readySince = this.#first ? -Infinity : this.#now();
    return new LiveLane(spec, { context, dialer, events: this.#events, readySince });
  }

  #retire(lane: LiveLane): void {
    lane.retire();
    this.#leaving.add(lane);
  }

  #refresh(): void {
    const nowMs = this.#now();
    const due = this.#ramping && nowMs - this.#computedAt >= this.#parts.context.settings.rampStepMs;
    if (!this.#dirty && !due) return;
    this.#dirty = false;
    this.#computedAt = nowMs;
    const groups = this.#rampedGroups(nowMs);
    this.#ramping = groups.some(({ ramp, healthy }) => ramp < 1 && healthy > 0);
    this.#first = false;
    this.#shares = decideShares({ policy: this.#serviceView.failover, from: this.#view.self, groups });
    this.#table = prepareShares(this.#shares);
    this.#candidates = new Map(this.#shares.groups.map((share) => [share, this.#candidatesOf(share.group)]));
  }

  #rampedGroups(nowMs: number): EndpointGroup[] {
    const up = endpointGroups(this.#groupsInput((lane) => ({ usable: !lane.isDown(nowMs) })));
    const groups = endpointGroups(this.#groupsInput((lane) => lane.finding()));
    const ramps = new Map<string, Ramp>();
    const { failback, threshold } = this.#serviceView.failover;
    const ramped = groups.map((group, i) => {
      const key = groupKey(group);
      const counts = { healthy: up[i]?.healthy ?? 0, total: group.total };
      const input = { ...counts, ...failback, threshold, nowMs, first: this.#first };
      const ramp = advanceRamp(this.#ramps.get(key), input);
      ramps.set(key, ramp);
      return { ...group, ramp: ramp.value };
    });
    this.#ramps = ramps;
    return ramped;
  }

  #groupsInput(findingOf: (lane: LiveLane) => Finding): GroupsInput {
    const { self, peers } = this.#view;
    const lanes = [...this.#lanes.values()];
    return {
      ...{ self, peers, service: this.#serviceView, port: this.port },
      ofEndpoint: (endpoint) => {
        const lane = lanes.find(({ spec }) => spec.kind === 'endpoint' && spec.endpointId === endpoint.id);
        return lane === undefined ? { usable: false } : findingOf(lane);
      },
      ofCluster: (cluster) => clusterFinding(lanes, cluster, findingOf),
    };
  }

  /** The lanes of a group that are usable; if none is, those that are ready; if none is, all. */
  #candidatesOf(group: EndpointGroup): readonly LiveLane[] {
    const local = group.cluster === this.#view.self.cluster;
    const zone = local ? zoneKey(group.region, group.zone) : '';
    const all = [...this.#lanes.values()].filter(
      ({ spec }) => spec.cluster === group.cluster && spec.zone === zone,
    );
    const ready = all.filter(({ spec }) => spec.ready);
    const usable = ready.filter((lane) => lane.finding().usable);
    return usable.length > 0 ? usable : ready.length > 0 ? ready : all;
  }

  #pickIn(share: GroupShare, tried: readonly Upstream[]): LiveLane | undefined {
    const all = this.#candidates.get(share) ?? [];
    const lanes = tried.length === 0 ? all : all.filter((lane) => !tried.includes(lane));
    const nowMs = this.#now();
    const load = (i: number): number => {
      const lane = lanes[i];
      return lane === undefined ? 0 : slowStartLoad(lane.outstanding, nowMs - lane.readySince, SLOW_START_MS);
    };
    return lanes[pickTwoChoices(lanes.length, load, this.#random)];
  }

  /** In failover order: what is healthy and untried, then anything untried, then what was tried. */
  #pickAnywhere({ tried, again }: Wish): LiveLane | undefined {
    const { groups } = this.#shares;
    const inOrder = [...groups.filter(({ group }) => group.healthy > 0), ...groups];
    for (const share of inOrder) {
      const lane = this.#pickIn(share, tried);
      if (lane !== undefined) return lane;
    }
    return [...this.#lanes.values()].find(
      (lane) =>
        tried.includes(lane) && (again === 'any' || (again === 'spread' && lane.spec.kind === 'gateway')),
    );
  }

  #grantTrial(): LiveLane | undefined {
    const nowMs = this.#now();
    for (const lane of this.#lanes.values()) {
      if (lane.health.outlier.ejectedUntil !== undefined && grantTrial(lane.health, nowMs)) return lane;
    }
    return undefined;
  }
}

function clusterFinding(
  lanes: readonly LiveLane[],
  cluster: ClusterName,
  findingOf: (lane: LiveLane) => Finding,
): Finding {
  const findings = lanes.filter(({ spec }) => spec.cluster === cluster).map(findingOf);
  if (findings.length === 0) return { usable: false, note: 'no gateway takes new connections' };
  if (findings.some(({ usable }) => usable)) return { usable: true };
  const notes = new Set(findings.map(({ note }) => note).filter((note) => note !== undefined));
  return notes.size === 0 ? { usable: false } : { usable: false, note: [...notes].join('; ') };
}
