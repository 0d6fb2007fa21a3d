/** The steps of a join in words for the operator. */
import type { JoinStep } from './join-mesh.ts';
import { assertNever } from '../../mesh/kit/assert-never.ts';

export function joinStepText(step: JoinStep): string {
  switch (step.kind) {
    case 'token':
      return `token for ${step.cluster}, to join mesh ${step.mesh}`;
    case 'pinned':
      return `dialled ${step.gateway.host}:${step.gateway.port}, root fingerprint matches`;
    case 'received':
      return `intermediate received       may only speak for ${step.trustDomain}, expires ${new Date(step.expiresAt).toISOString().slice(0, 10)}`;
    case 'stored':
      return `stored, with ${step.members} ${step.members === 1 ? 'member' : 'members'} of the mesh to dial`;
    default:
      return assertNever(step);
  }
}
