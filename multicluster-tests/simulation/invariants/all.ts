/** Every invariant that is watched while a run goes on, by its number in the design. */
import { ramp } from './f6-ramp.ts';
import { repair } from './f24-repair.ts';
import { origin } from './i1-origin.ts';
import { deletion } from './i2-deletion.ts';
import { reach } from './i3-reach.ts';
import { versions } from './i4-versions.ts';
import { localServices } from './i5-local-services.ts';
import { epochs } from './i6-epochs.ts';
import { certificates } from './i7-certificates.ts';
import { queues } from './i8-queues.ts';
import { access } from './i9-access.ts';
import type { Invariant } from './watcher.ts';

export const INVARIANTS: readonly Invariant[] = [
  ...[origin, deletion, reach, versions, localServices, epochs, certificates, queues, access],
  ...[ramp, repair],
];
