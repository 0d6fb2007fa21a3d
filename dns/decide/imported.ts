/** What the zone is made from: imports and their endpoints, read from objects of the API server by dns/read-objects.ts. */
export interface ImportedPort {
  /** Empty: it has none. */
  readonly name: string;
  /** In lower case. */
  readonly protocol: string;
  readonly port: number;
}

export interface ImportedService {
  readonly namespace: string;
  readonly name: string;
  readonly isHeadless: boolean;
  /** Clusterset IPs; of a headless service none. */
  readonly ips: readonly string[];
  readonly ports: readonly ImportedPort[];
}

export interface ImportedEndpoint {
  readonly address: string;
  readonly hostname?: string;
  readonly isReady: boolean;
}

/** Of one source cluster and one family. */
export interface ImportedSlice {
  readonly namespace: string;
  readonly service: string;
  /** In lower case: one or two labels. */
  readonly cluster: string;
  readonly endpoints: readonly ImportedEndpoint[];
  readonly ports: readonly ImportedPort[];
}
