/** A mesh that serves, shown under a steady load until it is interrupted, or played a story to. */
import { setTimeout as delay } from 'node:timers/promises';
import { watchMesh, type Controller } from './gather.ts';
import { until } from './processes.ts';
import { renderLine, renderPicture, renderVerdicts } from './render.ts';
import { startShopLoad, type Verdict } from './story.ts';

const FIRST_PAGE_MS = 60_000;

export interface Demo {
  /** The shop's front page, outside of the mesh. */
  readonly url: string;
  /** Requests per second. */
  readonly perSecond: number;
  /** Those that can be asked now. */
  controllers(): readonly Controller[];
  /** Lines for another terminal. */
  whatToTry(): string;
}

export interface RunOptions {
  /** Played in place of showing the demo, where there is one. */
  readonly story?: () => Promise<readonly Verdict[]>;
  say(line: string): void;
  readonly interrupted: AbortSignal;
}

/** Aborted by whatever ends a program, and when nobody looks any more: what was started must not stay behind. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort());
  }
  // The terminal was closed, or the pipe.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interrupted.abort());
  return interrupted.signal;
}

/** Lines with the seconds since `startedAt`, milliseconds since the epoch. */
export function sayer(startedAt: number): (line: string) => void {
  return (line) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

/** Answers the exit status: of a story 0 only if all was within its bound, and 130 if it was interrupted. */
export async function runDemo(demo: Demo, options: RunOptions): Promise<number> {
  options.say(`first page served: ${await firstPage(demo)}`);
  if (options.story === undefined) return show(demo, options);
  const verdicts = await Promise.race([options.story(), aborted(options.interrupted)]);
  if (verdicts === undefined) return INTERRUPTED;
  console.log(`\n${renderVerdicts(verdicts)}\n`);
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

/** As a shell says it of a program that ^C ended. */
export const INTERRUPTED = 130;

/** Whoever serves it may take a moment longer than the mesh. */
function firstPage({ url }: Demo): Promise<string> {
  return until(`the first page at ${url}`, FIRST_PAGE_MS, async () => {
    const answer = await fetch(url);
    const text = await answer.text();
    return answer.ok ? `${answer.status} ${text.slice(0, 120)}` : undefined;
  });
}

async function show(demo: Demo, { say, interrupted }: RunOptions): Promise<number> {
  const load = startShopLoad(demo);
  const look = watchMesh(demo.controllers, load);
  const terminal = process.stdout.isTTY;
  if (!terminal) console.log(demo.whatToTry());
  while (!interrupted.aborted) {
    const picture = await look();
    if (terminal) paint(`${renderPicture(picture)}\n\n${demo.whatToTry()}`);
    else say(renderLine(picture));
    await delay(terminal ? 500 : 2000, undefined, { signal: interrupted }).catch(() => undefined);
  }
  await load.stop();
  return 0;
}

/** Over what was there, line by line: clearing the whole screen would flicker. */
function paint(text: string): void {
  process.stdout.write(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n\u001b[J`);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}
