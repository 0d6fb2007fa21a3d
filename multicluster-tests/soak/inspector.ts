/** Node's inspector of a running program: SIGUSR1 opens it, and it says where in its log. It can collect garbage. */
import { readFile } from 'node:fs/promises';
import { until } from '../../examples/demo/processes.ts';

/** For the environment of programs that are to be inspected: each takes a free port. */
export const INSPECTABLE = '--inspect-port=127.0.0.1:0';

const WITHIN_MS = 10_000;

/** The address that `pid` prints into `logFile`. */
export async function openInspector(pid: number, logFile: string): Promise<string> {
  const printed = async (): Promise<string[]> => {
    const text = await readFile(logFile, 'utf8');
    return [...text.matchAll(/Debugger listening on (ws:\S+)/g)].map(([, url]) => url ?? '');
  };
  const before = (await printed()).length;
  process.kill(pid, 'SIGUSR1');
  return until(`the inspector of process ${pid}`, WITHIN_MS, async () => (await printed())[before]);
}

/** Collects garbage, then answers what is left of the heap, in bytes. */
export async function heapAfterCollection(url: string): Promise<number> {
  const socket = new WebSocket(url);
  try {
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`no inspector at ${url}`));
    });
    await ask(socket, 'HeapProfiler.collectGarbage');
    const { usedSize } = await ask(socket, 'Runtime.getHeapUsage');
    return Number(usedSize);
  } finally {
    socket.close();
  }
}

function ask(socket: WebSocket, method: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const { result, error } = JSON.parse(String(data)) as {
        result?: Record<string, unknown>;
        error?: object;
      };
      if (result === undefined) reject(new Error(`${method}: ${JSON.stringify(error)}`));
      else resolve(result);
    };
    socket.send(JSON.stringify({ id: 1, method }));
  });
}
