/** Writes lines to the ledger over one connection, opened again when it ends. At most 100 lines wait meanwhile. */
import net from 'node:net';

const MAX_WAITING = 100;
const RECONNECT_MS = 500;

export interface Ledger {
  note(line: string): void;
}

/** `address` is `host:port` of the local listener that the sidecar opened for the ledger; absent: lines are dropped. */
export function openLedger(address: string | undefined): Ledger {
  if (address === undefined) return { note: () => undefined };
  const [host, port] = address.split(':');
  const waiting: string[] = [];
  let socket: net.Socket | undefined;

  const flush = (): void => {
    while (socket?.writable && waiting.length > 0) socket.write(`${waiting.shift()}\n`);
  };
  const connect = (): void => {
    const opened = net.connect(Number(port), host, () => {
      socket = opened;
      flush();
    });
    opened.resume();
    opened.on('error', () => opened.destroy());
    opened.on('close', () => {
      socket = undefined;
      setTimeout(connect, RECONNECT_MS).unref();
    });
  };
  connect();

  return {
    note(line) {
      waiting.push(line);
      if (waiting.length > MAX_WAITING) waiting.shift();
      flush();
    },
  };
}
