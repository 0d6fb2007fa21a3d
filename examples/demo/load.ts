/**
 * A steady open-loop load: one GET every 1/rate seconds whatever the answers do, as independent users would send.
 * A request is lost when it is not answered 200 within the client timeout. Latency counts from the intended start.
 */
import http from 'node:http';

export interface Outcome {
  /** performance.now() of the intended start, ms. */
  readonly at: number;
  readonly tookMs: number;
  readonly ok: boolean;
  /** Empty when ok; else the status or the error's code. */
  readonly error: string;
  /** What `servedBy` read from the body of a good answer; else empty. */
  readonly servedBy: string;
}

export interface Load {
  /** Outcomes whose intended start is at or after `since` (performance.now()), in order of completion. */
  outcomes(since: number): readonly Outcome[];
  readonly sent: () => number;
  /** Ends the schedule and waits for what is under way. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly perSecond: number;
  readonly timeoutMs: number;
  /** The rate grows to `perSecond` over this time. */
  readonly warmUpMs: number;
  readonly method?: string;
  /** Reads from the body who served it. */
  readonly servedBy?: (body: string) => string;
}

/** Outcomes older than this are dropped, so that a long demo does not grow. */
const KEEP_MS = 180_000;
const TICK_MS = 5;

export function startLoad(options: LoadOptions): Load {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4096 });
  const outcomes: Outcome[] = [];
  const pending = new Set<Promise<void>>();
  const start = performance.now();
  let sent = 0;
  let next = start;

  const fire = (at: number): void => {
    const one = send(options, agent, at).then((outcome) => {
      outcomes.push(outcome);
      pending.delete(one);
    });
    pending.add(one);
  };
  const timer = setInterval(() => {
    const now = performance.now();
    for (; next <= now; next += 1000 / rateAt(next - start, options)) {
      sent++;
      fire(next);
    }
    while (outcomes[0] !== undefined && outcomes[0].at < now - KEEP_MS) outcomes.shift();
  }, TICK_MS);

  return {
    outcomes: (since) => outcomes.filter((outcome) => outcome.at >= since),
    sent: () => sent,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
    },
  };
}

/** Programs that have just started are slow until their code is compiled: the load grows with them. */
function rateAt(elapsedMs: number, { perSecond, warmUpMs }: LoadOptions): number {
  return perSecond * Math.min(1, Math.max(0.05, elapsedMs / warmUpMs));
}

function send(options: LoadOptions, agent: http.Agent, at: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const done = (error: string, body = ''): void => {
      clearTimeout(deadline);
      const ok = error === '';
      resolve({
        at,
        tookMs: performance.now() - at,
        ok,
        error,
        servedBy: ok ? (options.servedBy?.(body) ?? '') : '',
      });
    };
    const request = http.request(options.url, { agent, method: options.method ?? 'GET' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => done(response.statusCode === 200 ? '' : String(response.statusCode), body));
      response.on('error', () => done('response cut'));
    });
    const deadline = setTimeout(() => {
      done('timeout');
      request.destroy();
    }, options.timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    request.end();
  });
}

/** The p-th percentile (0-100) of the latencies, ms; 0 when there are none. */
export function percentileMs(outcomes: readonly Outcome[], p: number): number {
  const sorted = outcomes.map((outcome) => outcome.tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0;
}
