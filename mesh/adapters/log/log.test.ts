import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../clock/manual-clock.ts';
import { createMemoryLog } from './memory-log.ts';
import { createLog } from './pino-log.ts';

function recorded(level = 'info', clock = createManualClock(Date.UTC(2026, 10, 23, 9, 0, 0))) {
  const lines: string[] = [];
  const log = createLog('gateway', level, { clock, to: { write: (line) => void lines.push(line) } });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('pino log', () => {
  it('writes one JSON object per line with level, time, fields and text', () => {
    const { log, lines } = recorded();
    log.with({ cluster: 'east' }).warn('peer is stale', { peer: 'west', forMs: 42 });
    expect(lines).toEqual([
      `{"level":"warn","time":"2026-11-23T09:00:00.000Z","program":"gateway","pid":${process.pid},"cluster":"east","peer":"west","forMs":42,"msg":"peer is stale"}\n`,
    ]);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = recorded('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines).toHaveLength(2);
    const { log: unknown, lines: written } = recorded('loudly');
    unknown.debug('a');
    unknown.info('b');
    expect(written).toHaveLength(1);
  });

  it('never writes a line break, an escape sequence or an invalid line for any value (S34)', () => {
    const active = ['\n', '\r', '\0', '\u001b', '\u007f', '\u009b', '\u2028', '\u2029', '\u202e', '\u2066'];
    const unit = fc.oneof(fc.constantFrom(...active), fc.string({ unit: 'binary', maxLength: 1 }));
    const text = fc.string({ unit });
    fc.assert(
      fc.property(text, text, fc.anything(), (message, key, value) => {
        const { log, lines } = recorded();
        log.info(message, { [key]: value, sni: message });
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\n./,
        );
        expect(() => JSON.parse(lines[0]!) as unknown).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('does not expand format directives of outside text', () => {
    const { log, parsed } = recorded();
    log.info('asked for %s %d %j %%', { a: 1 });
    expect(parsed()[0]).toMatchObject({ msg: 'asked for %s %d %j %%', a: 1 });
  });

  it('does not let a field pose as level, time or text', () => {
    const { log, lines, parsed } = recorded();
    log.info('real', { msg: 'forged', level: 'fatal', time: 'then', ['a"b\n']: 1 });
    expect(parsed()[0]).toMatchObject({
      level: 'info',
      msg: 'real',
      msg_: 'forged',
      level_: 'fatal',
      time_: 'then',
    });
    expect(lines[0]!.match(/"msg":/g)).toHaveLength(1);
    expect(parsed()[0]).toHaveProperty('_a_b_', 1);
    log.with({ hasOwnProperty: 1, toString: 2 }).info('m', { ['__proto__']: 3 });
    expect(parsed()[1]).toMatchObject({ hasOwnProperty_: 1, toString_: 2, __proto___: 3 });
  });

  it.each([
    ['a long string', 'x'.repeat(10_000)],
    ['a long string of three-byte characters', '€'.repeat(10_000)],
    ['a long string of surrogate pairs', '😀'.repeat(10_000)],
  ])('cuts %s to 256 bytes', (_what, value) => {
    const { log, parsed } = recorded();
    log.info('m', { value });
    const written = parsed()[0]!['value'] as string;
    expect(written.endsWith('...')).toBe(true);
    expect(Buffer.byteLength(written.slice(0, -3))).toBeLessThanOrEqual(256);
    expect(Buffer.byteLength(written)).toBeGreaterThan(250);
  });

  it('bounds the number and depth of fields, also of cyclic ones', () => {
    const { log, lines, parsed } = recorded();
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, 'v'.repeat(300)]));
    log.info('m', { cyclic, wide, list: new Array(10_000).fill(1), bytes: new Uint8Array(9) });
    expect(Buffer.byteLength(lines[0]!)).toBeLessThan(32 * 300 + 4_000);
    expect(parsed()[0]).toMatchObject({ cyclic: { self: { self: '[deep]' } }, bytes: '[9 bytes]' });
  });

  it('writes an error with its code and cause', () => {
    const { log, parsed } = recorded();
    log.error('m', { error: new Error('outer', { cause: new TypeError('inner') }) });
    expect(parsed()[0]).toMatchObject({
      error: { name: 'Error', message: 'outer', cause: { name: 'TypeError', message: 'inner' } },
    });
  });
});

describe('memory log', () => {
  it('keeps lines of itself and of the logs made from it', () => {
    const log = createMemoryLog();
    log.with({ cluster: 'east' }).info('up', { peer: 'west' });
    log.error('down');
    expect(log.lines).toMatchObject([
      { level: 'info', message: 'up', fields: { cluster: 'east', peer: 'west' } },
      { level: 'error', message: 'down', fields: {} },
    ]);
  });

  it('keeps the last ten thousand', () => {
    const log = createMemoryLog();
    for (let i = 0; i < 10_010; i += 1) log.info(`line ${i}`);
    expect(log.lines).toHaveLength(10_000);
    expect(log.lines[0]!.message).toBe('line 10');
  });
});
