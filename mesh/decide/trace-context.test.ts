import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanContext } from '../model/span-context.ts';
import { readTraceContext, withTraceContext, type TraceFormat } from './trace-context.ts';

const T = '4bf92f3577b34da6a3ce929d0e0e4736';
const S = '00f067aa0ba902b7';
const HALF = 'a3ce929d0e0e4736';
const sampled = { traceId: T, spanId: S, sampled: true };
const unsampled = { ...sampled, sampled: false };
const halved = { ...sampled, traceId: `${'0'.repeat(16)}${HALF}` };

describe('trace context', () => {
  it.each<[string, string[], SpanContext | undefined, TraceFormat[]]>([
    ['no header at all', ['accept', '*/*'], undefined, ['w3c']],
    ['traceparent, the example of the standard', ['traceparent', `00-${T}-${S}-01`], sampled, ['w3c']],
    ['traceparent, not sampled', ['traceparent', `00-${T}-${S}-00`], unsampled, ['w3c']],
    ['traceparent with flags of the future', ['traceparent', `00-${T}-${S}-ff`], sampled, ['w3c']],
    ['traceparent of a later version', ['traceparent', `cc-${T}-${S}-01-what-the-future`], sampled, ['w3c']],
    [
      'traceparent of version 00 with a fifth field',
      ['traceparent', `00-${T}-${S}-01-x`],
      undefined,
      ['w3c'],
    ],
    ['traceparent of a later version, run on', ['traceparent', `cc-${T}-${S}-01.x`], undefined, ['w3c']],
    ['traceparent of version ff', ['traceparent', `ff-${T}-${S}-01`], undefined, ['w3c']],
    ['traceparent in capitals', ['traceparent', `00-${T.toUpperCase()}-${S}-01`], undefined, ['w3c']],
    [
      'traceparent with a trace of zeros',
      ['traceparent', `00-${'0'.repeat(32)}-${S}-01`],
      undefined,
      ['w3c'],
    ],
    ['traceparent with a span of zeros', ['traceparent', `00-${T}-${'0'.repeat(16)}-01`], undefined, ['w3c']],
    ['traceparent too short', ['traceparent', `00-${T}-${S}-0`], undefined, ['w3c']],
    [
      'traceparent twice',
      ['traceparent', `00-${T}-${S}-01`, 'traceparent', `00-${T}-${S}-01`],
      undefined,
      ['w3c'],
    ],
    ['b3 with ids', ['b3', `${T}-${S}`], sampled, ['b3']],
    ['b3 sampled, with the parent', ['b3', `${T}-${S}-1-05e3ac9a4f6e3b90`], sampled, ['b3']],
    ['b3 debug', ['b3', `${T}-${S}-d`], sampled, ['b3']],
    ['b3 not sampled', ['b3', `${T}-${S}-0`], unsampled, ['b3']],
    ['b3 with a trace of 64 bits', ['b3', `${HALF}-${S}-1`], halved, ['b3']],
    ['b3 of other length', ['b3', `${T}0-${S}-1`], undefined, ['b3']],
    ['x-b3', ['x-b3-traceid', T, 'x-b3-spanid', S, 'x-b3-sampled', '1'], sampled, ['b3-multi']],
    ['x-b3 not sampled', ['x-b3-traceid', T, 'x-b3-spanid', S, 'x-b3-sampled', '0'], unsampled, ['b3-multi']],
    [
      'x-b3 debug',
      ['x-b3-traceid', T, 'x-b3-spanid', S, 'x-b3-sampled', '0', 'x-b3-flags', '1'],
      sampled,
      ['b3-multi'],
    ],
    ['x-b3 with a trace of 64 bits', ['x-b3-traceid', HALF, 'x-b3-spanid', S], halved, ['b3-multi']],
    ['x-b3 without span', ['x-b3-traceid', T], undefined, ['b3-multi']],
    [
      'W3C and both B3: W3C goes first, all are sent on',
      ['x-b3-traceid', HALF, 'x-b3-spanid', S, 'b3', `${HALF}-${S}-0`, 'traceparent', `00-${T}-${S}-01`],
      sampled,
      ['w3c', 'b3', 'b3-multi'],
    ],
    ['malformed W3C beside B3', ['traceparent', 'x', 'b3', `${T}-${S}-1`], sampled, ['w3c', 'b3']],
  ])('%s', (_what, headers, parent, formats) => {
    const read = readTraceContext(headers);
    expect(read.parent).toEqual(parent);
    expect(read.formats).toEqual(formats);
    expect(read.declined).toBe(false);
  });

  it.each([
    ['b3', ['b3', '0']],
    ['x-b3', ['x-b3-sampled', '0']],
  ])('%s may decline without a trace', (_what, headers) => {
    expect(readTraceContext(headers)).toMatchObject({ declined: true });
    expect(readTraceContext(headers).parent).toBeUndefined();
  });

  it.each<[string, string[], string | undefined]>([
    ['one member', ['congo=t61rcWkgMzE'], 'congo=t61rcWkgMzE'],
    ['several headers', ['rojo=1,congo=2', 'a@b=3'], 'rojo=1,congo=2,a@b=3'],
    ['empty members', [' , rojo=1 ,,'], 'rojo=1'],
    ['a doubled key', ['a=1,a=2'], undefined],
    ['a malformed member', ['a=1,B=2'], undefined],
    ['33 members', [Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(',')], undefined],
    [
      'more than 512 characters',
      [`a=${'x'.repeat(250)},b=${'y'.repeat(250)},c=${'z'.repeat(20)}`],
      `a=${'x'.repeat(250)},b=${'y'.repeat(250)}`,
    ],
  ])('tracestate with %s', (_what, lines, expected) => {
    const headers = ['traceparent', `00-${T}-${S}-01`, ...lines.flatMap((line) => ['tracestate', line])];
    expect(readTraceContext(headers).parent?.traceState).toBe(expected);
  });

  it('a span without a trace leaves the headers as they came', () => {
    const headers = ['b3', '0', 'accept', '*/*'];
    const none = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), sampled: false };
    expect(withTraceContext(headers, none, ['b3'])).toEqual(headers);
  });

  const hex = (digits: number): fc.Arbitrary<string> =>
    fc
      .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
      .map((list) => list.join(''))
      .filter((text) => !/^0+$/.test(text));
  const spans = fc.record({ traceId: hex(32), spanId: hex(16), sampled: fc.boolean() });
  const formatSets = fc.subarray<TraceFormat>(['w3c', 'b3', 'b3-multi'], { minLength: 1 });

  it('what is sent on is read back alike, once each, and nothing else is touched', () => {
    fc.assert(
      fc.property(spans, spans, formatSets, (came, span, formats) => {
        const before = withTraceContext(['accept', '*/*', 'x-b3', 'y'], came, formats);
        const sent = withTraceContext(before, span, readTraceContext(before).formats);
        const read = readTraceContext(sent);
        expect(read).toEqual({ parent: span, formats, declined: false });
        expect(sent.slice(0, 4)).toEqual(['accept', '*/*', 'x-b3', 'y']);
        expect(sent.join()).not.toContain(came.traceId);
      }),
    );
  });

  it('any header value is read without throwing, to a well-formed parent or none', () => {
    const name = fc.constantFrom(
      'traceparent',
      'tracestate',
      'b3',
      'x-b3-traceid',
      'x-b3-spanid',
      'x-b3-sampled',
    );
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef-') }),
      hex(16),
      hex(32),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (pairs) => {
        const { parent } = readTraceContext(pairs.flat());
        if (parent === undefined) return;
        expect(parent.traceId).toMatch(/^[0-9a-f]{32}$/);
        expect(parent.spanId).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });
});
