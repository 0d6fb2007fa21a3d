/** What the zone `clusterset.local` says to one question (KEP-1645; RFC 1034, 2308, 4592, 8482). */
import { TTL_SECONDS, ZONE, type DnsRecord, type Question, type RecordData, type Reply } from './records.ts';
import type { ServiceNames } from './service-names.ts';

export interface Zone {
  /** Whether a service there has a name. */
  hasNamespace(namespace: string): boolean;
  service(namespace: string, name: string): ServiceNames | undefined;
}

/** Of the specification that the records follow (M36). */
const SCHEMA_VERSION = '1.0.0';
const SCHEMA_TTL_SECONDS = 28_800;
/** Where the server is found, as far as names go: nobody delegates to it. */
const SERVER_NAME = 'isthmus-dns.isthmus-system.svc.cluster.local';

const START_OF_AUTHORITY: RecordData = {
  type: 'SOA',
  ttl: TTL_SECONDS,
  data: {
    ...{ mname: SERVER_NAME, rname: `hostmaster.${ZONE}`, serial: 1 },
    ...{ refresh: 7200, retry: 1800, expire: 86_400, minimum: TTL_SECONDS },
  },
};
const NAME_SERVER: RecordData = { type: 'NS', ttl: TTL_SECONDS, data: SERVER_NAME };
const VERSION: RecordData = { type: 'TXT', ttl: SCHEMA_TTL_SECONDS, data: SCHEMA_VERSION };
const MINIMAL: RecordData = { type: 'HINFO', ttl: TTL_SECONDS, data: { cpu: 'RFC8482', os: '' } };

const REFUSED: Reply = {
  ...{ rcode: 'REFUSED', isAuthoritative: false },
  ...{ answers: [], authorities: [], additionals: [] },
};
const TRANSFERS: readonly string[] = ['AXFR', 'IXFR'];

export function answerQuestion(zone: Zone, question: Question): Reply {
  const labels = labelsBelow(question.name);
  if (labels === undefined || question.class !== 'IN' || TRANSFERS.includes(question.type)) return REFUSED;
  const found = recordsAt(zone, labels);
  const matching = found === undefined ? [] : matchingRecords(found, question.type);
  const answers = matching.map((record) => ({ ...record, name: question.name }));
  return {
    ...{ rcode: found === undefined ? 'NXDOMAIN' : 'NOERROR', isAuthoritative: true, answers },
    authorities: answers.length === 0 ? [{ ...START_OF_AUTHORITY, name: ZONE }] : [],
    additionals: addressesOfTargets(zone, matching),
  };
}

/** The labels left of the zone, in lower case; undefined: the name is outside of it. */
function labelsBelow(name: string): readonly string[] | undefined {
  const lower = name.toLowerCase();
  if (lower === ZONE) return [];
  return lower.endsWith(`.${ZONE}`) ? lower.slice(0, -ZONE.length - 1).split('.') : undefined;
}

/** Undefined: there is no such name. Empty: it is there, at least for the names below it. */
function recordsAt(zone: Zone, labels: readonly string[]): readonly RecordData[] | undefined {
  const [last, namespace, service] = labels.toReversed();
  if (last === undefined) return [START_OF_AUTHORITY, NAME_SERVER];
  if (last !== 'svc') return labels.length === 1 && last === 'dns-version' ? [VERSION] : undefined;
  if (namespace === undefined) return [];
  if (service === undefined) return zone.hasNamespace(namespace) ? [] : undefined;
  return zone.service(namespace, service)?.get(labels.slice(0, -3).join('.'));
}

/** ANY is answered with as little as is right (RFC 8482). */
function matchingRecords(records: readonly RecordData[], type: string): readonly RecordData[] {
  return type === 'ANY' ? [MINIMAL] : records.filter((record) => record.type === type);
}

/** M44. */
function addressesOfTargets(zone: Zone, answers: readonly RecordData[]): readonly DnsRecord[] {
  const targets = new Set(answers.flatMap((record) => (record.type === 'SRV' ? [record.data.target] : [])));
  return [...targets].flatMap((name) =>
    (recordsAt(zone, labelsBelow(name) ?? []) ?? [])
      .filter(({ type }) => type === 'A' || type === 'AAAA')
      .map((record) => ({ ...record, name })),
  );
}
