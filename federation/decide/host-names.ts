/**
 * The names of pods behind exported headless services. A pod that goes and comes back under its name, as those of a
 * StatefulSet do, is the same host to other clusters, under the same address there: so it is offered meanwhile, without
 * an endpoint. A name is given up with its export, or for pods that are there now.
 */
import { isDnsLabel, parseServiceKey, type ServiceKey } from '../../mesh/model/names.ts';

/** By service. */
export type HostNames = ReadonlyMap<ServiceKey, readonly string[]>;

/** Our own text; what is damaged of it is left out. */
export function readHostNames(text: string | undefined): HostNames {
  const names = new Map<ServiceKey, readonly string[]>();
  for (const entry of entriesOf(text)) {
    const [service, hosts] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
    const key = parseServiceKey(typeof service === 'string' ? service : '');
    if (key.ok && Array.isArray(hosts)) names.set(key.value, hosts.filter(isName));
  }
  return names;
}

export function hostNamesText(names: HostNames): string {
  return JSON.stringify([...names]);
}

function entriesOf(text: string | undefined): readonly unknown[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(read) ? read : [];
  } catch {
    return [];
  }
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && isDnsLabel(name);
}
