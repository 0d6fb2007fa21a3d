/** A plain TCP service that speaks first: it greets, then answers each line with its number. */
import net from 'node:net';
import readline from 'node:readline';

let lines = 0;

const server = net.createServer((socket) => {
  socket.write('ledger 1\n');
  const reader = readline.createInterface({ input: socket });
  reader.on('line', () => socket.write(`ok ${++lines}\n`));
  // A client that vanishes ends its own connection only; readline repeats the socket's error.
  socket.on('error', () => socket.destroy());
  reader.on('error', () => socket.destroy());
});
server.listen(Number(process.env['PORT'] ?? 7000), process.env['HOST'] ?? '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
