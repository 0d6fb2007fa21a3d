/** A steady load from a pod: GET requests at a fixed rate, however long the answers take, each given up after 2 s. */
import { PORTS } from '../../../mesh/adapters/kubernetes/installation.ts';
import type { Cluster } from '../cluster.ts';
import { run } from '../run.ts';

const PER_SECOND = 300;
/** For the last answers. */
const GRACE_S = 30;

export interface Load {
  readonly sent: number;
  readonly lost: number;
  /** Milliseconds since the epoch at which the last lost request was given up; 0: none was lost. */
  readonly lastLostAt: number;
  /** A few. */
  readonly reasons: readonly string[];
  /** Whole seconds from the start of the load in which lost requests were sent. */
  readonly lostIn: readonly number[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Its place: a pod with a sidecar that only calls. */
export interface CallerPod {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly pod: string;
}

export async function runLoad(
  { cluster, namespace, pod }: CallerPod,
  url: string,
  seconds: number,
): Promise<Load> {
  const command = ['node', ...scriptOf(url, seconds)];
  const text = await cluster.kubectl(['exec', pod, '-n', namespace, '-c', pod, '--', ...command]);
  return JSON.parse(text) as Load;
}

/**
 * The same from outside of the pod's containers, through its network: nobody is let into a pod whose API server is away. `pid`:
 * a process of the pod.
 */
export async function runLoadBeside(pid: number, url: string, seconds: number): Promise<Load> {
  const proxy = `ISTHMUS_PROXY=http://127.0.0.1:${PORTS.outbound}`;
  const inPod = ['nsenter', `--net=/proc/${pid}/ns/net`, 'env', proxy];
  const command = [process.execPath, ...scriptOf(url, seconds)];
  return JSON.parse(await run([...inPod, ...command], { timeoutMs: (seconds + GRACE_S) * 1000 })) as Load;
}

function scriptOf(url: string, seconds: number): readonly string[] {
  return ['-e', SCRIPT, url, String(PER_SECOND), String(seconds)];
}

/** Within the pod, with nothing but Node. A tick that comes late sends what is due by then. */
const SCRIPT = `
  const http = require('node:http');
  const [, url, perSecond, seconds] = process.argv;
  const proxy = new URL(process.env.ISTHMUS_PROXY);
  const agent = new http.Agent({ keepAlive: true });
  const headers = { host: new URL(url).host };
  const [reasons, lostIn] = [new Set(), new Set()];
  let [lost, lastLostAt] = [0, 0];
  const took = [];
  const start = performance.now();
  let sent = 0;
  const send = () => {
    const from = performance.now();
    sent += 1;
    let over = false;
    const end = (why) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (why === undefined) return void took.push(performance.now() - from);
      [lost, lastLostAt] = [lost + 1, Date.now()];
      if (reasons.size < 4) reasons.add(why);
      lostIn.add(Math.floor((from - start) / 1000));
    };
    const request = http.request({ agent, host: proxy.hostname, port: proxy.port, path: url, headers }, (response) => {
      response.on('error', (error) => end(error.message)).resume().on('end', () =>
        end(response.statusCode === 200 ? undefined : response.statusCode + ' ' + response.headers['x-isthmus-reason']));
    });
    const timer = setTimeout(() => { end('no answer within 2 s'); request.destroy(); }, 2000);
    request.on('error', (error) => end(error.message)).end();
  };
  const ticks = setInterval(() => {
    const due = Math.min(seconds, (performance.now() - start) / 1000) * perSecond;
    while (sent < due) send();
    if (performance.now() - start < seconds * 1000) return;
    clearInterval(ticks);
    setTimeout(() => {
      took.sort((a, b) => a - b);
      const at = (share) => took[Math.floor(took.length * share)] ?? 0;
      const lists = { reasons: [...reasons], lostIn: [...lostIn].sort((a, b) => a - b) };
      console.log(JSON.stringify({ sent, lost, lastLostAt, ...lists, p50Ms: at(0.5), p99Ms: at(0.99) }));
      process.exit(0);
    }, 2500);
  }, 5);
`;
