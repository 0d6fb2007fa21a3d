/**
 * What Node itself costs: sockets joined in pairs, bytes passed on unread, no routing, no HTTP, no metrics. Nobody would
 * run it; it shows how much of a figure a proxy written for Node could still change. Measured where `--against` names it.
 */
import type { PipeInput } from '../programs/pipe-child.ts';
import type { Contender, Opened, Site, Topology } from './contender.ts';

export function bareNode(): Contender {
  return { name: 'node', version: process.versions.node, open };
}

async function open(topology: Topology, target: number, site: Site): Promise<Opened> {
  if (topology === 'gateway' || topology === 'hop') return pipe(site, { target });
  const { root, client, server } = site.trust;
  const inbound = await pipe(site, { target, accept: { ...server, root } });
  const between = topology === 'path' ? await pipe(site, { target: inbound.port }) : undefined;
  const outbound = await pipe(site, {
    target: between?.port ?? inbound.port,
    dial: { ...client, root },
  });
  return {
    port: outbound.port,
    pids: [outbound, ...(between ? [between] : []), inbound].flatMap(({ pids }) => pids),
  };
}

async function pipe({ processes }: Site, input: PipeInput): Promise<Opened> {
  const { pid, first } = await processes.program<{ readonly port: number }>('pipe-child.ts', input);
  return { port: first.port, pids: [pid] };
}
