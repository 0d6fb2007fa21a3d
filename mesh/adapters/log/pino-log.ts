import { pino, type DestinationStream, type Logger } from 'pino';
import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/log.ts';
import { loggableFields, loggableText } from './loggable.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

export interface LogOptions {
  /** Where lines go: `stderr` when absent, because stdout is for data. */
  readonly to?: 'stdout' | 'stderr' | DestinationStream;
  /** Wall time of the lines; the machine's when absent. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What waits for a slow reader of stdout or stderr; past it new lines are dropped rather than held in memory. */
const BACKLOG_BYTES = 4 * 1024 * 1024;

/**
 * JSON lines: `{"level":"info","time":"...","program":"gateway","pid":7,"peer":"west","msg":"peer is up"}`. They are
 * written without blocking, and at the exit of the process. `level` is the lowest one written; a word that is none
 * means `info`.
 */
export function createLog(
  program: string,
  level: string = process.env['ISTHMUS_LOG_LEVEL'] ?? 'info',
  { to = 'stderr', clock = Date }: LogOptions = {},
): Log {
  const logger = pino(
    {
      level: LEVELS.find((known) => known === level) ?? 'info',
      base: { program, pid: process.pid },
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination(to),
  );
  return wrap(logger);
}

function destination(to: 'stdout' | 'stderr' | DestinationStream): DestinationStream {
  if (typeof to !== 'string') return to;
  return pino.destination({ fd: to === 'stdout' ? 1 : 2, sync: false, maxLength: BACKLOG_BYTES });
}

function wrap(logger: Logger): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level](loggableFields(fields), '%s', loggableText(message));
    };
  return {
    debug: (message, fields) => {
      if (logger.isLevelEnabled('debug')) write('debug')(message, fields?.());
    },
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => wrap(logger.child(loggableFields(fields))),
  };
}
