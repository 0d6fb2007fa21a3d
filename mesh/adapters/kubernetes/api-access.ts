/**
 * Where an API server is, and how to prove who asks. Asked anew for each request, because tokens and certificates
 * rotate: in a pod by api-access-in-cluster.ts, beside the cluster by api-access-by-kubeconfig.ts.
 */
export interface ApiAccess {
  /** `https://<host>:<port>`, perhaps with a path. */
  readonly server: string;
  /** Rejects with the reason when they cannot be had. */
  credentials(): Promise<ApiCredentials>;
  /** A unix socket that leads to the server, dialled in place of its address. */
  readonly socketPath?: string;
}

/** What TLS and HTTP take; absent is what is not needed. */
export interface ApiCredentials {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
  readonly headers: Readonly<Record<string, string>>;
}
