/** Parts of pods that all programs of the mesh share, under the restricted Pod Security Standard. */
import { programFlags, type ProgramName } from '../program-flags.ts';
import { MOUNTS, TOKEN_AUDIENCE } from './installation.ts';

/** Of nobody in particular: the image has no user of its own. */
export const USER = 65_532;
/** Of sidecars in pods whose connections are captured: by it the packet filter tells theirs, so it is no image's own. */
export const SIDECAR_USER = 15_001;
const TOKEN_SECONDS = 3600;

/** In the image of Isthmus. */
export function programCommand(program: ProgramName, args: readonly string[]): readonly string[] {
  return ['node', ...programFlags(program, 'pod'), `/isthmus/dist/${program}/main.js`, ...args];
}

export const CONTAINER_SECURITY = {
  ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  ...{ runAsNonRoot: true, runAsUser: USER, runAsGroup: USER, seccompProfile: { type: 'RuntimeDefault' } },
} as const;

/** What of the pod a program is told in its environment. */
export function fieldEnv(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** The folder in which a program keeps compiled code over restarts of its container. */
export const COMPILE_CACHE = { name: 'NODE_COMPILE_CACHE', value: `${MOUNTS.home}/cache` } as const;

/** A token of the pod's service account that is good for Isthmus and for nothing else. */
export function tokenVolume(): object {
  const token = { audience: TOKEN_AUDIENCE, expirationSeconds: TOKEN_SECONDS, path: 'token' };
  return { projected: { sources: [{ serviceAccountToken: token }] } };
}
