/** I7: no certificate is accepted outside its trust domain, after its eviction, or with a flaw. */
import { CLUSTERS } from '../cast.ts';
import type { Invariant } from './watcher.ts';

export const certificates: Invariant = (world, report) => ({
  shaken(dialler, answering, wanted) {
    if (answering.cluster !== wanted && CLUSTERS.includes(dialler.cluster))
      report('I7', `${dialler.cluster} wanted ${wanted} and took the certificate of ${answering.cluster}`);
    for (const [at, other] of [
      [dialler, answering],
      [answering, dialler],
    ] as const) {
      if (!CLUSTERS.includes(at.cluster)) continue;
      const { evicted } = world.cluster(at.cluster).authority.bundle();
      if (evicted.some(({ fingerprint }) => fingerprint === other.membership))
        report('I7', `${at.cluster} took a certificate of ${other.cluster}, whose membership is withdrawn`);
    }
  },
  fooled: (at, flaw) => report('I7', `${at} took a certificate ${flaw}`),
  step() {
    for (const { name: at, core, authority } of world.clusters) {
      const gone = new Set(authority.bundle().evicted.map(({ fingerprint }) => fingerprint));
      for (const [peer, { link }] of core?.exchange.peers() ?? []) {
        const isMember = world.members.all(peer).some((membership) => !gone.has(membership));
        if (link.state === 'up' && !isMember)
          report('I7', `${at} keeps a link with ${peer}, which is evicted`);
      }
    }
  },
});
