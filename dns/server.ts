/** The DNS server: one port, UDP and TCP. */
import type { Listener, ServerOptions } from './server-options.ts';
import { startTcpServer } from './tcp-server.ts';
import { startUdpServer } from './udp-server.ts';

/** Rejects when it cannot listen. */
export async function startDnsServer(options: ServerOptions): Promise<Listener> {
  const tcp = await startTcpServer(options);
  const udp = await startUdpServer({ ...options, port: tcp.port }).catch(async (cause: unknown) => {
    await tcp.stop();
    throw cause;
  });
  return {
    port: tcp.port,
    stop: async () => void (await Promise.all([tcp.stop(), udp.stop()])),
  };
}
