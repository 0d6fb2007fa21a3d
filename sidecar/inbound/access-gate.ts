/** Who may use this workload's service. Decided once for each connection, and again when policies or trust change. */
import { decideAccess, type AccessVerdict } from '../../mesh/decide/access/decide-access.ts';
import { SlotList, type Slotted } from '../../mesh/kit/slot-list.ts';
import type { Identity, WorkloadIdentity } from '../../mesh/model/identity.ts';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { AccessPolicy } from '../../mesh/model/policy.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';

export interface Admission extends Slotted {
  readonly peer: Identity;
  verdict: AccessVerdict;
  /** Ends the connection, because its source is denied from now on. */
  close(): void;
}

export interface AccessGate {
  /** Keeps the connection in mind until `leave`. */
  enter(peer: Identity, close: () => void): Admission;
  leave(admission: Admission): void;
  /** Decides anew for all open connections, and closes those that are denied now. */
  update(view: MeshView): void;
}

export function createAccessGate(service: ServiceKey, first: MeshView): AccessGate {
  const open = new SlotList<Admission>();
  let policies = policiesOf(first, service);
  const decide = (peer: Identity): AccessVerdict =>
    policies === undefined ? UNKNOWN : decideAccess(policies, workloadOf(peer), service);
  return {
    enter(peer, close) {
      const admission: Admission = { slot: -1, peer, verdict: decide(peer), close };
      open.add(admission);
      return admission;
    },
    leave: (admission) => void open.remove(admission),
    update(view) {
      // A service that has gone from the view has not lost its policies: who was refused stays refused.
      const next = policiesOf(view, service) ?? policies;
      if (JSON.stringify(next) === JSON.stringify(policies)) return;
      policies = next;
      for (const admission of open.items()) {
        const was = admission.verdict.allow;
        admission.verdict = decide(admission.peer);
        if (was && !admission.verdict.allow) admission.close();
      }
    },
  };
}

/** Undefined while the view does not know the service. */
function policiesOf(view: MeshView, service: ServiceKey): readonly AccessPolicy[] | undefined {
  return view.services.get(service)?.access;
}

const UNKNOWN: AccessVerdict = {
  ...{ allow: false, reason: 'service_unknown' },
  words: 'no view of this proxy has known its service yet, nor the policies that select it',
};

/** Programs of clusters (controllers, gateways) are no workload: no allow rule names them, every deny holds for them. */
function workloadOf(peer: Identity): WorkloadIdentity | undefined {
  return peer.kind === 'workload' ? peer : undefined;
}
