/** What of this proxy's services a server name stands for: who may call it, and where it is answered. */
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type { HostPort } from '../addresses.ts';
import type { AccessGate } from './access-gate.ts';

export interface InboundPort {
  readonly service: ServiceKey;
  /** Port of the service. */
  readonly port: number;
  readonly gate: AccessGate;
  /** Where the next request or stream is answered; undefined: nowhere now. */
  application(): HostPort | undefined;
}

export interface InboundPorts {
  /** By the server name of a handshake; undefined: not ours. */
  find(serverName: string): InboundPort | undefined;
  update(view: MeshView): void;
}
