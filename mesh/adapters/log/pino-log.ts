/** JSON lines on stderr. pino escapes control characters; long texts are cut, so that no peer can flood the log. */
import pino, { type Logger } from 'pino';
import type { Log, LogFields } from '../../ports/log.ts';

const MAX_TEXT = 256;

export function createLog(program: string, level = process.env['ISTHMUS_LOG_LEVEL'] ?? 'info'): Log {
  const base = { program, pid: process.pid };
  return wrap(
    pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true })),
  );
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(bounded(fields), message),
    info: (message, fields) => logger.info(bounded(fields), message),
    warn: (message, fields) => logger.warn(bounded(fields), message),
    error: (message, fields) => logger.error(bounded(fields), message),
    with: (fields) => wrap(logger.child(bounded(fields))),
  };
}

function bounded(fields: LogFields = {}): Record<string, unknown> {
  const cut = (value: unknown): unknown =>
    typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]));
}
