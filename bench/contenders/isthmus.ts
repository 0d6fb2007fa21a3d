/** Isthmus: its own gateway and sidecars, a process each, with a fixed view of the mesh instead of a controller. */
import { readFileSync } from 'node:fs';
import { programFlags } from '../../mesh/adapters/program-flags.ts';
import type { GatewayInput } from '../programs/gateway-child.ts';
import type { HopInput } from '../programs/hop-child.ts';
import type { SidecarInput } from '../programs/sidecar-child.ts';
import type { Contender, Opened, Site, Topology } from './contender.ts';
import { CLIENT_CLUSTER, SERVER_CLUSTER } from '../names.ts';

export function findIsthmus(): Contender {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return { name: 'isthmus', version: `${version}, Node ${process.versions.node}`, open };
}

async function open(topology: Topology, target: number, site: Site): Promise<Opened> {
  if (topology === 'gateway') return gateway(site, target);
  if (topology === 'hop') return hop(site, target);
  const { mesh } = site.trust;
  const bundle = mesh.founder.bundle();
  // Inside one cluster a pair speaks directly; the whole path crosses to another one.
  const serverCluster = topology === 'path' ? SERVER_CLUSTER : CLIENT_CLUSTER;
  const server = await sidecar(site, {
    ...{ role: 'server', cluster: serverCluster, bundle, appPort: target },
    credentials: mesh.identity(serverCluster, 'app').credentials(),
  });
  const between = topology === 'path' ? await gateway(site, server.port) : undefined;
  const client = await sidecar(site, {
    ...{
      role: 'client',
      cluster: CLIENT_CLUSTER,
      bundle,
      via: between === undefined ? 'endpoint' : 'gateway',
    },
    credentials: mesh.identity(CLIENT_CLUSTER, 'client').credentials(),
    port: between?.port ?? server.port,
  });
  return {
    port: client.port,
    pids: [client, ...(between ? [between] : []), server].flatMap(({ pids }) => pids),
  };
}

interface Listening {
  readonly port: number;
}

async function gateway({ processes }: Site, backend: number): Promise<Opened> {
  const input: GatewayInput = { backend };
  const { pid, first } = await processes.program<Listening>(
    'gateway-child.ts',
    input,
    programFlags('gateway'),
  );
  return { port: first.port, pids: [pid] };
}

async function hop({ processes, trust }: Site, application: number): Promise<Opened> {
  const input: HopInput = {
    ...{ application, bundle: trust.mesh.founder.bundle() },
    credentials: trust.mesh.identity(CLIENT_CLUSTER, 'client').credentials(),
  };
  const { pid, first } = await processes.program<Listening>('hop-child.ts', input, programFlags('sidecar'));
  return { port: first.port, pids: [pid] };
}

async function sidecar({ processes }: Site, input: SidecarInput): Promise<Opened> {
  const { pid, first } = await processes.program<Listening>(
    'sidecar-child.ts',
    input,
    programFlags('sidecar'),
  );
  return { port: first.port, pids: [pid] };
}
