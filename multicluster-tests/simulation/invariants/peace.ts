/** L1 to L4: what must hold once faults have stopped. Each answers what is wrong, or undefined. */
import { clusterStatuses } from '../../../federation/decide/status.ts';
import { sameData } from '../../../mesh/kit/same-data.ts';
import type { ExportedService, PeerCatalog } from '../../../mesh/model/catalog.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import { EVIL, gatewayHost } from '../cast.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { hasNamespaceOf } from '../truth.ts';
import type { World } from '../world.ts';
import { servedUnder } from './i3-reach.ts';
import { wronglyRefused } from './i9-access.ts';

/** What is wrong now, by invariant; L3 is not a state but what happens next. */
export function wrongInPeace(world: World): readonly (readonly [invariant: string, words: string])[] {
  const found = [
    ['L1', disagreement(world)],
    ['L2', stuckStream(world)],
    ['L4', wrongStatus(world)],
  ] as const;
  return found.flatMap(([invariant, words]) => (words === undefined ? [] : [[invariant, words] as const]));
}

/** L1: all catalogs equal the model, and so do the views of all proxies. */
function disagreement(world: World): string | undefined {
  for (const at of world.membersNow()) {
    if (at.core === undefined) return `${at.name} has no controller`;
    for (const peer of world.membersNow()) {
      if (peer === at) continue;
      const catalog = at.core.exchange.peers().get(peer.name);
      const wrong = catalog === undefined ? 'is unknown' : wrongCatalog(world, peer.name, catalog);
      if (wrong !== undefined) return `at ${at.name}, ${peer.name} ${wrong}`;
    }
    const wrong = wrongProxies(at) ?? wrongRoutes(world, at) ?? wrongImports(world, at);
    if (wrong !== undefined) return `${at.name} ${wrong}`;
  }
  return wronglyRefused(world);
}

function wrongCatalog(world: World, peer: ClusterName, { info, services }: PeerCatalog): string | undefined {
  const wanted = world.truth.offers(peer);
  const names = [...services.keys()].sort().join();
  if (names !== [...wanted.keys()].sort().join())
    return `offers ${names || 'nothing'}, not ${[...wanted.keys()].sort().join() || 'nothing'}`;
  for (const [key, { ready, total, ports }] of wanted) {
    const held = services.get(key);
    const counts = held === undefined ? '' : countsOf(held);
    if (counts !== `${ready}/${total}, ${ports} ports`)
      return `has ${counts} of ${key}, not ${ready}/${total}, ${ports} ports`;
  }
  const gateway = info.gateways.map(({ host, port }) => `${host}:${port}`).join();
  const right = `${gatewayHost(peer)}:${world.truth.of(peer).gatewayPort}`;
  return gateway === right ? undefined : `has its gateway at ${gateway || 'no address'}, not ${right}`;
}

function countsOf({ zones, ports }: ExportedService): string {
  const sum = (field: 'ready' | 'total'): number => zones.reduce((all, zone) => all + zone[field], 0);
  return `${sum('ready')}/${sum('total')}, ${ports.length} ports`;
}

function wrongProxies({ core, proxies }: SimCluster): string | undefined {
  const published = core?.publication.view();
  for (const [kind, proxy] of Object.entries(proxies)) {
    const view = proxy.view();
    if (view?.version !== published?.version) return `has its ${kind} at another version of the view`;
    const isSame = view !== undefined && published !== undefined && sameView(view, published);
    if (!isSame) return `has its ${kind} with another view than was published`;
  }
  return undefined;
}

type Seen = Pick<NonNullable<ReturnType<SimCluster['proxies']['gateway']['view']>>, 'services' | 'peers'>;

function sameView(a: Seen, b: Seen): boolean {
  return isSameMap(a.services, b.services) && isSameMap(a.peers, b.peers);
}

const compared = new WeakMap<object, object>();

function isSameMap<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  if (compared.get(a) === b) return true;
  const isSame = a.size === b.size && [...a].every(([key, value]) => sameData(value, b.get(key)));
  if (isSame) compared.set(a, b);
  return isSame;
}

function wrongRoutes(world: World, at: SimCluster): string | undefined {
  const view = at.proxies.gateway.view();
  const served = new Set(view === undefined ? [] : servedUnder(view));
  const offered = [...world.truth.offers(at.name).keys()];
  const missing = offered.find((key) => !served.has(key));
  if (missing !== undefined) return `does not serve ${missing} at its gateway`;
  return served.size === offered.length ? undefined : 'serves at its gateway what it does not offer';
}

function wrongImports(world: World, at: SimCluster): string | undefined {
  const services = at.proxies.sidecar.view()?.services;
  for (const peer of world.membersNow()) {
    if (peer === at) continue;
    for (const key of world.truth.offers(peer.name).keys()) {
      const isImported = services?.get(key)?.remote.some(({ cluster }) => cluster === peer.name) === true;
      const wanted = hasNamespaceOf(world.truth.of(at.name), key);
      if (isImported !== wanted) return `${wanted ? 'does not import' : 'imports'} ${key} of ${peer.name}`;
    }
  }
  return undefined;
}

/** L2: one stream between any two members, and nothing else. */
function stuckStream(world: World): string | undefined {
  const count = world.membersNow().length;
  const [open, wanted] = [world.network.openStreams(), count * (count - 1)];
  return open === wanted
    ? undefined
    : `${open} ends of streams are open between ${count} members, not ${wanted}`;
}

/** L4: what a cluster tells of the mesh is so. */
function wrongStatus(world: World): string | undefined {
  const members = world.membersNow().map(({ name }) => name);
  for (const at of world.membersNow()) {
    if (at.core === undefined) return `${at.name} has no controller`;
    const { exchange, publication } = at.core;
    const { local, own, faults } = at.core.decided();
    const known = { local, own, peers: exchange.peers(), services: publication.view().services };
    for (const { cluster, self, link, exports } of clusterStatuses(known, 0)) {
      if (link?.state === 'left') continue;
      if (!members.includes(cluster)) return `${at.name} tells of ${cluster}, which is no member`;
      if (!self && link?.state !== 'up')
        return `${at.name} says that ${cluster} is ${link?.state ?? 'unknown'}`;
      const offered = world.truth.offers(cluster).size;
      if (exports !== offered) return `${at.name} says that ${cluster} exports ${exports}, not ${offered}`;
    }
    const ill = faults.find(({ code }) => LASTING.has(code));
    if (ill !== undefined) return `${at.name} still tells of ${ill.subject}: ${ill.message}`;
    if (exchange.peers().get(EVIL) !== undefined && exchange.peers().get(EVIL)?.link.state !== 'left')
      return `${at.name} still has the hostile member, which is evicted`;
  }
  return undefined;
}

/** Faults that come from the mesh, not from what operators wrote. */
const LASTING: ReadonlySet<string> = new Set(['snapshot_held', 'cluster_evicted', 'stale_epoch']);
