/**
 * Rules of the federation, pure: what may be said at the border between clusters, and what follows from it. Here: how
 * much one peer may say. A peer over its quota loses the entry at fault, nothing else.
 */
export interface Quotas {
  readonly services: number;
  readonly portsPerService: number;
  readonly zonesPerService: number;
  readonly accountsPerService: number;
  readonly gateways: number;
  /** Of an entry in its canonical text. */
  readonly bytesPerService: number;
  readonly bytesPerPeer: number;
}

export const QUOTAS: Quotas = {
  services: 5000,
  portsPerService: 64,
  zonesPerService: 64,
  accountsPerService: 64,
  gateways: 16,
  bytesPerService: 64 * 1024,
  bytesPerPeer: 32 * 1024 * 1024,
};
