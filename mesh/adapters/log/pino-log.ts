import { pino, type DestinationStream, type Logger } from 'pino';
import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/log.ts';
import { loggableFields, loggableText } from './loggable.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PinoLogOptions {
  /** The lowest level written; `info` when absent. */
  readonly level?: LogLevel;
  /** Where lines go: `stderr` when absent, because stdout is for data. */
  readonly to?: 'stdout' | 'stderr' | DestinationStream;
  /** Wall time of the lines; the machine's when absent. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Stand in every line: program, cluster. */
  readonly fields?: LogFields;
}

/** What waits for a slow reader of stdout or stderr; past it new lines are dropped rather than held in memory. */
const BACKLOG_BYTES = 4 * 1024 * 1024;

/** JSON lines: `{"level":"info","time":"...","cluster":"east","msg":"peer is up"}`. Written without blocking. */
export function createPinoLog(options: PinoLogOptions = {}): Log {
  const now = options.clock?.now ?? Date.now;
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination(options.to ?? 'stderr'),
  );
  return wrap(options.fields === undefined ? logger : logger.child(loggableFields(options.fields)));
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
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => wrap(logger.child(loggableFields(fields))),
  };
}
