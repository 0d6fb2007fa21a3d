/** Which parts of the sources have run, as V8 counts them itself. */
import { Session, type Profiler } from 'node:inspector';
import { pathToFileURL } from 'node:url';

/** By script, one byte for each character: not 0 where it has run. */
type Painted = ReadonlyMap<string, Uint8Array>;

export interface Coverage {
  /** What has run since the last call. */
  read(): Painted;
  /** Characters of it that had not run in anything that was added. */
  countFresh(painted: Painted): number;
  /** Answers the same, and counts them as known from then on. */
  add(painted: Painted): number;
  stop(): void;
}

/** `sources`: paths from the root of the repository, as prefixes. */
export function startCoverage(sources: readonly string[]): Coverage {
  const root = pathToFileURL(`${process.cwd()}/`).href;
  const prefixes = sources.map((source) => root + source);
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const known = new Map<string, Uint8Array>();
  const count = (painted: Painted, add: boolean): number => {
    let fresh = 0;
    for (const [url, marks] of painted) {
      const seen = grown(known.get(url), marks.length);
      known.set(url, seen);
      for (let at = 0; at < marks.length; at++) {
        if (marks[at] === 0 || seen[at] === 1) continue;
        fresh += 1;
        if (add) seen[at] = 1;
      }
    }
    return fresh;
  };
  return {
    read() {
      const scripts = takeScripts(session);
      const watched = scripts.filter(({ url }) => prefixes.some((prefix) => url.startsWith(prefix)));
      return new Map(watched.map((script) => [script.url, paint(script)]));
    },
    countFresh: (painted) => count(painted, false),
    add: (painted) => count(painted, true),
    stop: () => session.disconnect(),
  };
}

/** The answer comes before `post` returns. */
function takeScripts(session: Session): readonly Profiler.ScriptCoverage[] {
  let scripts: readonly Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, taken) => {
    if (error !== null) throw error;
    scripts = taken.result;
  });
  return scripts;
}

/** A script is reported up to the end of the last function of it that has run. */
function grown(seen: Uint8Array | undefined, length: number): Uint8Array {
  if (seen !== undefined && seen.length >= length) return seen;
  const longer = new Uint8Array(length);
  longer.set(seen ?? []);
  return longer;
}

/** Ranges come from the outer to the inner: the innermost one says whether a character has run. */
function paint({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const ranges = functions.flatMap((one) => one.ranges);
  const length = Math.max(0, ...ranges.map(({ endOffset }) => endOffset));
  const marks = new Uint8Array(length);
  for (const { startOffset, endOffset, count } of ranges)
    marks.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return marks;
}
