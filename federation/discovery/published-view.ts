/** What the proxies of a cluster are told now: replaced whole and versioned; entries that did not change stay the same. */
import type { SignedBundle } from '../../mesh/model/bundle.ts';
import type { PeerView, Self, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import { isChange, settle } from '../decide/view-diff.ts';
import type { PublishedView, ViewChanges } from './subscriber.ts';

export interface NextView {
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
}

export interface Publication {
  view(): PublishedView;
  /** Replaces the view and tells what changed. Answers the changes, or undefined when there are none. */
  publish(next: NextView): ViewChanges | undefined;
  subscribe(changed: (changes: ViewChanges) => void): () => void;
}

export interface PublicationOptions {
  readonly self: Self;
  readonly trust: { signedBundle(): SignedBundle };
  /** Above what an earlier run has published, so that versions grow over restarts too: the time in milliseconds. */
  readonly firstVersion: number;
}

export function openPublication({ self, trust, firstVersion }: PublicationOptions): Publication {
  const listeners = new Set<(changes: ViewChanges) => void>();
  let view: PublishedView = {
    ...{ version: firstVersion, self, bundle: trust.signedBundle() },
    ...{ services: new Map(), peers: new Map() },
  };
  return {
    view: () => view,
    publish(next) {
      const settled = settleView(view, { ...next, bundle: trust.signedBundle() });
      if (settled === undefined) return undefined;
      view = settled.view;
      for (const listener of [...listeners]) listener(settled.changes);
      return settled.changes;
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
}

type Next = NextView & Pick<PublishedView, 'bundle'>;

/** Undefined when nothing is different. */
function settleView(
  view: PublishedView,
  next: Next,
): { view: PublishedView; changes: ViewChanges } | undefined {
  const services = settle(view.services, next.services);
  const peers = settle(view.peers, next.peers);
  const bundle = next.bundle.payload !== view.bundle.payload;
  if (!bundle && !isChange(services) && !isChange(peers)) return undefined;
  const version = view.version + 1;
  return {
    view: { ...view, version, bundle: next.bundle, services: services.entries, peers: peers.entries },
    changes: { services, peers, bundle },
  };
}
