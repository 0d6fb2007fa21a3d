/** A plain TCP service that speaks first: it greets, then answers each line with its number. */
import net from 'node:net';
import readline from 'node:readline';

let lines = 0;

const server = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('ledger 1\n');
  readline.createInterface({ input: socket }).on('line', () => socket.write(`ok ${++lines}\n`));
});
server.listen(Number(process.env['PORT'] ?? 7000), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
