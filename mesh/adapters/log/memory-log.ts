/** Keeps the lines, for tests. */
import type { Log, LogFields } from '../../ports/log.ts';

export interface MemoryLog extends Log {
  readonly lines: readonly { readonly level: string; readonly message: string; readonly fields: LogFields }[];
}

export function createMemoryLog(): MemoryLog {
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const at = (base: LogFields): Log => {
    const write = (level: string) => (message: string, fields?: LogFields) =>
      void lines.push({ level, message, fields: { ...base, ...fields } });
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      with: (more) => at({ ...base, ...more }),
    };
  };
  return { ...at({}), lines };
}
