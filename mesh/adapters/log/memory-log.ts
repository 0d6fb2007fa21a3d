import type { Log, LogFields } from '../../ports/log.ts';
import { loggableFields, loggableText } from './loggable.ts';
import type { LogLevel } from './pino-log.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface MemoryLog extends Log {
  /** The last 10,000 lines, oldest first, of this log and of every one made by `with`. */
  readonly lines: readonly LogLine[];
}

const KEPT = 10_000;

/** A log for tests and `isthmus simulate`: keeps its lines, with values as they would be written. */
export function createMemoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const keep = (line: LogLine): void => {
    lines.push(line);
    if (lines.length > KEPT) lines.shift();
  };
  return { ...logInto(keep, {}), lines };
}

function logInto(keep: (line: LogLine) => void, base: LogFields): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      keep({ level, message: loggableText(message), fields: loggableFields({ ...base, ...fields }) });
  return {
    debug: (message, fields) => write('debug')(message, fields?.()),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => logInto(keep, { ...base, ...fields }),
  };
}
