/** Performs one act: what operators, the network, the machines and the hostile member do. */
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import { assertNever } from '../../mesh/kit/assert-never.ts';
import type { Act } from './act.ts';
import { CLUSTERS, EVIL, OPTIONAL_NAMESPACE } from './cast.ts';
import { controllerCertificate, FLAWS } from './cluster/certificates.ts';
import { lie, trickFrames, zombieFrames, ZOMBIE_SERVICE } from './hostile.ts';
import type { Watcher } from './invariants/watcher.ts';
import { FAIR, type World } from './world.ts';

export function perform(world: World, act: Act, watchers: readonly Watcher[]): void {
  switch (act.kind) {
    case 'service':
    case 'delete':
    case 'export':
    case 'unexport':
    case 'unexportAll':
    case 'endpoints':
    case 'churn':
    case 'namespace':
    case 'policy':
    case 'workload':
    case 'gateway':
      return operate(world, act);
    case 'forget': {
      const forgotten = world.cluster(act.cluster).core?.exchange.forget(act.peer as ClusterName);
      if (forgotten?.ok)
        for (const { forgot } of watchers) forgot?.(act.cluster as ClusterName, act.peer as ClusterName);
      return;
    }
    case 'confirm': {
      for (const { confirmed } of watchers) confirmed?.(act.cluster as ClusterName, act.peer as ClusterName);
      return void world.cluster(act.cluster).core?.exchange.confirmSnapshot(act.peer as ClusterName);
    }
    case 'evict':
    case 'leave':
    case 'rejoin':
      return changeMembers(world, act);
    case 'zombie':
    case 'hostile':
    case 'impostor':
    case 'hijack':
      return attack(world, act, watchers);
    default:
      return disturb(world, act);
  }
}

type Of<K extends Act['kind']> = Act & { readonly kind: K };
type Operated =
  'service' | 'delete' | 'export' | 'unexport' | 'unexportAll' | 'endpoints' | 'churn' | 'namespace';

function operate(world: World, act: Of<Operated | 'policy' | 'workload' | 'gateway'>): void {
  const cluster = world.cluster(act.cluster);
  const { name, manifests } = cluster;
  const truth = world.truth.of(name);
  switch (act.kind) {
    case 'service':
      truth.services.set(act.service as ServiceKey, { ports: act.ports });
      manifests.service(act.service as ServiceKey, act.ports);
      break;
    case 'delete':
      truth.services.delete(act.service as ServiceKey);
      manifests.deleteService(act.service as ServiceKey);
      break;
    case 'export':
      truth.exports.add(act.service as ServiceKey);
      manifests.exported(act.service as ServiceKey, true);
      break;
    case 'unexport':
      truth.exports.delete(act.service as ServiceKey);
      manifests.exported(act.service as ServiceKey, false);
      break;
    case 'unexportAll':
      for (const service of [...truth.exports]) manifests.exported(service, false);
      truth.exports.clear();
      break;
    case 'endpoints':
      truth.endpoints.set(act.service as ServiceKey, { ready: act.ready, total: act.total });
      manifests.endpoints(act.service as ServiceKey, act);
      break;
    case 'churn':
      return churn(world, act);
    case 'namespace':
      truth.hasOptional = act.present;
      manifests.namespace(OPTIONAL_NAMESPACE, act.present);
      break;
    case 'policy':
      truth.policies.set(act.service as ServiceKey, act);
      manifests.policy(act.service as ServiceKey, act.policy, act.source);
      break;
    case 'workload':
      truth.workloadReady = act.ready;
      cluster.setWorkload(act.ready);
      break;
    case 'gateway':
      truth.gatewayPort = act.port;
      cluster.moveGateway(act.port);
      break;
    default:
      return assertNever(act);
  }
  world.truth.noted(name, world.clock.monotonic());
}

function churn(world: World, { at, cluster, service, times }: Of<'churn'>): void {
  for (let i = 0; i < times; i++) {
    const counts = { ready: i % 3, total: 3 };
    const change = { at, kind: 'endpoints', cluster, service, ...counts } as const;
    world.clock.after(3 * i, () => operate(world, change));
  }
}

function changeMembers(world: World, act: Of<'evict' | 'leave' | 'rejoin'>): void {
  const cluster = world.cluster(act.cluster);
  if (act.kind === 'leave') return cluster.leave();
  if (act.kind === 'evict') {
    if (cluster.standing === 'member') world.evict(cluster, cluster.name);
    return;
  }
  const founder = world.clusters[0]!;
  if (cluster.standing === 'member' || founder.process === undefined) return;
  // The founder admits a name only after it was withdrawn.
  world.evict(undefined, cluster.name);
  const { exchange } = founder.process.core;
  const known = [founder.member(), ...exchange.members()].filter((member) => member.cluster !== cluster.name);
  cluster.joinAgain(founder.authority.bundle(), known);
  exchange.addMember(cluster.member());
}

function attack(
  world: World,
  act: Of<'zombie' | 'hostile' | 'impostor' | 'hijack'>,
  watchers: readonly Watcher[],
): void {
  const { members, network, lies } = world;
  const liar = { network, lies };
  switch (act.kind) {
    case 'hostile': {
      const peer = { cluster: EVIL, membership: members.current(EVIL) };
      const frames = trickFrames(act.trick, act.other, ++world.hostileTurns);
      return lie({ ...liar, peer }, act.target as ClusterName, frames);
    }
    case 'zombie': {
      const { name, disk } = world.cluster(act.cluster);
      const epoch = Number(disk.read('epoch') ?? 1) - 1;
      world.truth.of(name).everOffered.add(ZOMBIE_SERVICE);
      const peer = { cluster: name, membership: members.current(name) };
      return lie({ ...liar, peer }, act.target as ClusterName, zombieFrames(name, epoch));
    }
    case 'impostor': {
      const as = act.as as ClusterName;
      const [what, spoil] = FLAWS[act.flaw % FLAWS.length]!;
      const issue = { cluster: as, membership: members.current(as), issuedMs: world.clock.now() };
      const taken = world.judge(world.cluster(act.target), spoil(controllerCertificate(issue), as));
      if (taken.ok) for (const { fooled } of watchers) fooled?.(act.target as ClusterName, what);
      return;
    }
    case 'hijack':
      world.hijacked = act.cluster as ClusterName;
      return void world.clock.after(act.forMs, () => (world.hijacked = undefined));
    default:
      return assertNever(act);
  }
}

type Disturbance = 'cut' | 'mend' | 'heal' | 'weather' | 'stall' | 'proxiesAway' | 'reach' | 'restart';

function disturb(world: World, act: Of<Disturbance | 'crash' | 'crashOnFrame' | 'crashOnWrite'>): void {
  const { network, clock } = world;
  switch (act.kind) {
    case 'cut':
      return network.cut(act.from as ClusterName, act.to as ClusterName);
    case 'mend':
      return network.mend(act.from as ClusterName, act.to as ClusterName);
    case 'heal':
      return network.heal();
    case 'weather':
      world.weather = act;
      return void (network.latencyMs = act.latencyMs);
    case 'stall':
      network.stall(act.cluster as ClusterName);
      return void clock.after(act.forMs, () => network.unstall(act.cluster as ClusterName));
    case 'proxiesAway':
      return world.cluster(act.cluster).sendProxiesAway(act.forMs);
    case 'reach':
      return world.setPath(act.from as ClusterName, act.to as ClusterName, act.open);
    case 'restart': {
      const cluster = world.cluster(act.cluster);
      cluster.stop();
      return cluster.standing === 'left' ? undefined : cluster.boot();
    }
    case 'crash':
      world.cluster(act.cluster).kill();
      return comeBackLater(world, act);
    case 'crashOnFrame':
      world.framesToDeath.set(act.cluster as ClusterName, act.frames);
      return comeBackLater(world, act);
    case 'crashOnWrite':
      world.cluster(act.cluster).writesToDeath = act.writes;
      return comeBackLater(world, act);
    default:
      return assertNever(act);
  }
}

function comeBackLater(world: World, { cluster, forMs }: { cluster: string; forMs: number }): void {
  world.clock.after(forMs, () => {
    const one = world.cluster(cluster);
    world.framesToDeath.delete(one.name);
    one.writesToDeath = 0;
    const mayRun = one.standing === 'member' || (one.standing === 'evicted' && !world.isAtPeace);
    if (one.process === undefined && mayRun) one.boot();
  });
}

/** Everything is as well as it can be: what is left to do is the product's. */
export function makePeace(world: World): void {
  world.isAtPeace = true;
  world.weather = FAIR;
  world.hijacked = undefined;
  world.framesToDeath.clear();
  world.network.latencyMs = 1;
  world.network.heal();
  for (const stream of world.lies.splice(0)) stream.end();
  for (const name of CLUSTERS) world.network.unstall(name);
  for (const cluster of world.clusters) {
    cluster.writesToDeath = 0;
    for (const other of world.clusters) world.setPath(cluster.name, other.name, true);
    if (cluster.standing === 'evicted') cluster.stop();
    else if (cluster.process === undefined && cluster.standing === 'member') cluster.boot();
  }
  introduce(world);
  for (const cluster of world.clusters)
    if (cluster.standing !== 'member') world.evict(undefined, cluster.name);
  world.evict(undefined, EVIL);
}

/** Two members that have both forgotten each other do not dial any more: their operators tell them of each other. */
function introduce(world: World): void {
  for (const one of world.membersNow())
    for (const other of world.membersNow())
      if (one !== other && one.core?.exchange.peers().has(other.name) === false)
        one.core.exchange.addMember(other.member());
}
