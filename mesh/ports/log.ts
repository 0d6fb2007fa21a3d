/** Logs are a fixed text plus fields; one line per decision that changed something; lower-case, no full stop. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** `fields` is asked for only where the line is written: such lines stand where every connection passes. */
  debug(message: string, fields?: () => LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  with(fields: LogFields): Log;
}
