/** One line per refused connection, but never a flood of them: what is left out is counted in the next line. */
import type { Fault } from '../mesh/model/fault.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';

/** `source` is the client's address. At most `perSecond` lines in each second. */
export function refusalLog(
  log: Log,
  clock: Clock,
  perSecond: number,
): (refusal: Fault, source: string) => void {
  let second = -1;
  let lines = 0;
  let suppressed = 0;
  return (refusal, source) => {
    const now = Math.floor(clock.monotonic() / 1000);
    if (now !== second) {
      second = now;
      lines = 0;
    }
    if (lines >= perSecond) {
      suppressed += 1;
      return;
    }
    lines += 1;
    const { code, subject, message } = refusal;
    log.info('connection refused', { reason: code, source, subject, detail: message, suppressed });
    suppressed = 0;
  };
}
