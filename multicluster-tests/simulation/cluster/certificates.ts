/** Certificates as their parsed form, so that the real rules judge them without cryptography. */
import type { ParsedCertificate } from '../../../mesh/decide/certificate/parse-certificate.ts';
import { formatIdentity } from '../../../mesh/model/identity.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import { controllerOf, workloadOf } from '../cast.ts';

const [CLIENT, SERVER] = ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'];
const BACKDATE_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

export interface SimCertificate extends ParsedCertificate {
  /** The membership whose authority signed it. */
  readonly signedBy?: string;
}

export interface Issue {
  readonly cluster: ClusterName;
  readonly membership: string;
  /** By the clock of its cluster. */
  readonly issuedMs: number;
}

/** As the authority of a cluster issues it to its controller. */
export function controllerCertificate({ cluster, membership, issuedMs }: Issue): SimCertificate {
  return {
    ...{ serial: '01', notBefore: issuedMs - BACKDATE_MS, notAfter: issuedMs + DAY_MS, isCa: false },
    keyUsage: { critical: true, bits: new Set(['digitalSignature'] as const) },
    ...{ extendedKeyUsage: [CLIENT, SERVER], uris: [formatIdentity(controllerOf(cluster))], dnsNames: [] },
    ...{ otherNames: 0, signedBy: membership, unknownCritical: [] },
  };
}

type Flaw = readonly [what: string, spoil: (good: SimCertificate, cluster: ClusterName) => SimCertificate];

/** What no listener for controllers may take. Chains and name constraints are OpenSSL's to check, and not here. */
export const FLAWS: readonly Flaw[] = [
  ['of another mesh', (good) => ({ ...good, uris: good.uris.map((uri) => uri.replace('.acme', '.other')) })],
  ['of a workload', (good, cluster) => ({ ...good, uris: [formatIdentity(workloadOf(cluster))] })],
  [
    'of a gateway',
    (good) => ({ ...good, uris: good.uris.map((uri) => uri.replace('controller', 'gateway')) }),
  ],
  ['with two names', (good) => ({ ...good, uris: [...good.uris, ...good.uris] })],
  ['with no name', (good) => ({ ...good, uris: [] })],
  ['with an escaped name', (good) => ({ ...good, uris: good.uris.map((uri) => uri.replace('o', '%6f')) })],
  ['with a mail name too', (good) => ({ ...good, otherNames: 1 })],
  ['of an authority', (good) => ({ ...good, isCa: true })],
  ['that has expired', (good) => ({ ...good, notAfter: good.notBefore + 1 })],
  ['of the day after tomorrow', (good) => ({ ...good, notBefore: good.notAfter + DAY_MS })],
  ['that may not sign', (good) => ({ ...good, keyUsage: { critical: true, bits: new Set() } })],
  ['that may sign others', (good) => ({ ...good, keyUsage: both(good) })],
  ['for servers only', (good) => ({ ...good, extendedKeyUsage: [SERVER] })],
  ['with an unknown critical extension', (good) => ({ ...good, unknownCritical: ['1.2.3'] })],
  ['that no member has signed', ({ signedBy: _, ...good }) => good],
];

function both({ keyUsage }: SimCertificate): NonNullable<ParsedCertificate['keyUsage']> {
  return { critical: true, bits: new Set([...(keyUsage?.bits ?? []), 'keyCertSign' as const]) };
}
