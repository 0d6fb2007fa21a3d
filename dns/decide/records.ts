/** Records of the zone, in the form in which rules make them; dns/message.ts puts them on the wire. */
export interface SrvTarget {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface StartOfAuthority {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** What stands at a name. */
export type RecordData =
  | { readonly type: 'A' | 'AAAA' | 'NS' | 'TXT'; readonly ttl: number; readonly data: string }
  | { readonly type: 'SRV'; readonly ttl: number; readonly data: SrvTarget }
  | { readonly type: 'SOA'; readonly ttl: number; readonly data: StartOfAuthority }
  | {
      readonly type: 'HINFO';
      readonly ttl: number;
      readonly data: { readonly cpu: string; readonly os: string };
    };

export type DnsRecord = RecordData & { readonly name: string };

export interface Question {
  /** As it was asked, without the dot at its end; letters of any case. */
  readonly name: string;
  readonly type: string;
  readonly class: string;
}

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'REFUSED';

export interface Reply {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

export const ZONE = 'clusterset.local';
/** Endpoints come and go; CoreDNS keeps its own for as long. */
export const TTL_SECONDS = 5;

/** Octets of a name on the wire are two more than those of its text (RFC 1035 3.1: 255). */
const MAX_NAME_CHARACTERS = 253;

export function isNameShort(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS;
}
