/**
 * What makes up the import of a service, beside what the data path reads: whether it is as Kubernetes takes it. Asked of the
 * own Services before they are exported, and of what peers state.
 */
import { isDnsLabel } from '../model/names.ts';
import type { Labels, ServiceTraits } from '../model/service.ts';

/** The first thing that is wrong. */
export interface WrongTrait {
  readonly kind: 'form' | 'count';
  readonly field: string;
  readonly message: string;
}

const MAX_TRAIT_PORTS = 64;

const MAX_LABELS = 64;
const MAX_ANNOTATION = 4096;
/** The part before the slash is a DNS subdomain: labels of it may not be empty, nor begin or end with a dash. */
const QUALIFIED_NAME =
  /^((?=[^/]{1,253}\/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const WORD = /^[A-Za-z]{1,63}$/;
const MAX_AFFINITY_SECONDS = 86_400;

const TYPES: readonly string[] = ['ClusterSetIP', 'Headless'];
const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];
const AFFINITIES: readonly string[] = ['None', 'ClientIP'];
const POLICIES: readonly string[] = ['Cluster', 'Local'];
const FAMILIES: readonly string[] = ['IPv4', 'IPv6'];

export function wrongTraits(traits: ServiceTraits): WrongTrait | undefined {
  return wrongWord(traits) ?? wrongPort(traits);
}

export function wrongLabels(labels: Labels | undefined): WrongTrait | undefined {
  return wrongMap('labels', labels, (value) => LABEL_VALUE.test(value));
}

export function wrongAnnotations(annotations: Labels | undefined): WrongTrait | undefined {
  return wrongMap('annotations', annotations, (value) => value.length <= MAX_ANNOTATION);
}

const bad = (field: string, message: string): WrongTrait => ({
  ...{ kind: 'form', field: `traits.${field}`, message },
});
const tooMany = (field: string, count: number, most: number): WrongTrait => ({
  ...{ kind: 'count', field, message: `has ${count} entries, at most ${most} are allowed` },
});

function wrongWord(traits: ServiceTraits): WrongTrait | undefined {
  const { type, sessionAffinity, affinitySeconds = 1, internalTrafficPolicy, ipFamilies = [] } = traits;
  const within = (word: string | undefined, words: readonly string[]): boolean =>
    word === undefined || words.includes(word);
  if (!within(type, TYPES)) return bad('type', `must be ${TYPES.join(' or ')}`);
  if (!within(sessionAffinity, AFFINITIES))
    return bad('sessionAffinity', `must be ${AFFINITIES.join(' or ')}`);
  if (!Number.isInteger(affinitySeconds) || affinitySeconds < 1 || affinitySeconds > MAX_AFFINITY_SECONDS)
    return bad('affinitySeconds', `must be 1 to ${MAX_AFFINITY_SECONDS}`);
  if (!within(internalTrafficPolicy, POLICIES))
    return bad('internalTrafficPolicy', `must be ${POLICIES.join(' or ')}`);
  if (!WORD.test(traits.trafficDistribution ?? 'None')) return bad('trafficDistribution', 'must be a word');
  const isFamilies =
    new Set(ipFamilies).size === ipFamilies.length && ipFamilies.every((one) => within(one, FAMILIES));
  return isFamilies ? undefined : bad('ipFamilies', 'must be IPv4 and IPv6, each once at most');
}

function wrongPort({ ports }: ServiceTraits): WrongTrait | undefined {
  if (ports.length === 0) return bad('ports', 'a service has at least one port');
  if (ports.length > MAX_TRAIT_PORTS) return tooMany('traits.ports', ports.length, MAX_TRAIT_PORTS);
  for (const { name, protocol, port, appProtocol } of ports) {
    if (name !== undefined && !isDnsLabel(name)) return bad('ports.name', 'must be a DNS label');
    if (!PROTOCOLS.includes(protocol)) return bad('ports.protocol', `must be ${PROTOCOLS.join(', ')}`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return bad('ports.port', `${port} is not a port number`);
    if (appProtocol !== undefined && !QUALIFIED_NAME.test(appProtocol))
      return bad('ports.appProtocol', 'must have the form of a label name');
  }
  const names = ports.map(({ name }) => name);
  if (new Set(names).size < names.length) return bad('ports.name', 'stands twice');
  const numbers = ports.map(({ protocol, port }) => `${protocol}/${port}`);
  return new Set(numbers).size < numbers.length ? bad('ports.port', 'stands twice') : undefined;
}

function wrongMap(
  field: string,
  map: Labels | undefined,
  isValue: (value: string) => boolean,
): WrongTrait | undefined {
  const entries = Object.entries(map ?? {});
  if (entries.length > MAX_LABELS) return tooMany(field, entries.length, MAX_LABELS);
  const isGood = entries.every(([name, value]) => QUALIFIED_NAME.test(name) && isValue(value));
  return isGood ? undefined : { kind: 'form', field, message: `must be ${field} as Kubernetes takes them` };
}
