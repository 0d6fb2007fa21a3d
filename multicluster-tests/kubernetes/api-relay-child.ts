/** `node api-relay-child.ts <socket> <address>`: see api-relay.ts. Says so when it listens. */
import { rmSync } from 'node:fs';
import net from 'node:net';

const [socketPath = '', host = ''] = process.argv.slice(2);
const API_PORT = 6443;

rmSync(socketPath, { force: true });
net
  .createServer((client) => {
    const server = net.connect({ host, port: API_PORT });
    client.pipe(server).pipe(client);
    for (const [side, other] of [
      [client, server],
      [server, client],
    ] as const)
      side.on('error', () => other.destroy()).on('close', () => other.destroy());
  })
  .listen(socketPath, () => process.stdout.write('listening\n'));
