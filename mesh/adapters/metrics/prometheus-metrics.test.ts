import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from './exposition.fixture.ts';
import { DURATION_BUCKETS, createPrometheusMetrics } from './prometheus-metrics.ts';

const requests = { name: 'isthmus_requests_total', help: 'Requests', labels: ['cluster', 'code'] } as const;

describe('prometheus metrics', () => {
  it('exposes each series with its labels and value', async () => {
    const metrics = createPrometheusMetrics();
    const bind = metrics.counter(requests);
    bind({ cluster: 'east', code: '200' }).add();
    bind({ cluster: 'east', code: '200' }).add(2);
    bind({ cluster: 'west', code: '503' }).add();
    const found = parseExposition(await metrics.expose()).get('isthmus_requests_total');
    expect(found).toEqual({
      type: 'counter',
      help: 'Requests',
      samples: [
        { name: 'isthmus_requests_total', labels: { cluster: 'east', code: '200' }, value: 3 },
        { name: 'isthmus_requests_total', labels: { cluster: 'west', code: '503' }, value: 1 },
      ],
    });
  });

  it('counts a histogram into cumulative buckets, a value equal to a bound below it', async () => {
    const metrics = createPrometheusMetrics();
    const bind = metrics.histogram({ name: 'isthmus_x_seconds', help: 'x', labels: [], buckets: [0.1, 1] });
    for (const value of [0.05, 0.1, 0.5, 7, Number.NaN]) bind({}).observe(value);
    const { samples } = parseExposition(await metrics.expose()).get('isthmus_x_seconds')!;
    expect(samples.map(({ name, labels, value }) => [name, labels['le'], value])).toEqual([
      ['isthmus_x_seconds_bucket', '0.1', 2],
      ['isthmus_x_seconds_bucket', '1', 3],
      ['isthmus_x_seconds_bucket', '+Inf', 4],
      ['isthmus_x_seconds_sum', undefined, 0.05 + 0.1 + 0.5 + 7],
      ['isthmus_x_seconds_count', undefined, 4],
    ]);
  });

  it('any histogram agrees with a count by hand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 60 }),
        async (values) => {
          const metrics = createPrometheusMetrics();
          const spec = {
            name: 'isthmus_y_seconds',
            help: 'y',
            labels: [],
            buckets: DURATION_BUCKETS,
          };
          for (const value of values) metrics.histogram(spec)({}).observe(value);
          const { samples } = parseExposition(await metrics.expose()).get('isthmus_y_seconds') ?? {
            samples: [],
          };
          for (const { labels, value } of samples.filter(({ name }) => name.endsWith('_bucket'))) {
            const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
            expect(value).toBe(values.filter((v) => v <= bound).length);
          }
          expect(samples.length).toBe(values.length === 0 ? 0 : DURATION_BUCKETS.length + 3);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gauges go up and down, counters never down', async () => {
    const metrics = createPrometheusMetrics();
    const gauge = metrics.gauge({ name: 'isthmus_open', help: 'Open', labels: [] })({});
    gauge.set(5);
    gauge.add(-2);
    const counter = metrics.counter(requests)({ cluster: 'a', code: '1' });
    counter.add(4);
    counter.add(-3);
    counter.add(Number.NaN);
    const found = parseExposition(await metrics.expose());
    expect(found.get('isthmus_open')!.samples[0]!.value).toBe(3);
    expect(found.get('isthmus_requests_total')!.samples[0]!.value).toBe(4);
  });

  it('prints any label value so that it is read back alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), fc.string(), async (cluster, code) => {
        const metrics = createPrometheusMetrics();
        metrics.counter(requests)({ cluster, code }).add();
        const { samples } = parseExposition(await metrics.expose()).get('isthmus_requests_total')!;
        expect(samples).toEqual([
          {
            name: 'isthmus_requests_total',
            labels: { cluster: cluster.toWellFormed(), code: code.toWellFormed() },
            value: 1,
          },
        ]);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps label sets apart that would read alike when joined', async () => {
    const metrics = createPrometheusMetrics();
    metrics.counter(requests)({ cluster: '1:a', code: '' }).add();
    metrics.counter(requests)({ cluster: '', code: '1:a' }).add();
    expect(parseExposition(await metrics.expose()).get('isthmus_requests_total')!.samples).toHaveLength(2);
  });

  it('collapses what comes after the cap into _other and counts it (S34)', async () => {
    const metrics = createPrometheusMetrics({ seriesCap: 10 });
    const bind = metrics.counter(requests);
    for (let i = 0; i < 100_000; i += 1) bind({ cluster: `c${i}`, code: '200' }).add();
    const found = parseExposition(await metrics.expose());
    const { samples } = found.get('isthmus_requests_total')!;
    expect(samples).toHaveLength(11);
    expect(samples.at(-1)).toEqual({
      name: 'isthmus_requests_total',
      labels: { cluster: '_other', code: '_other' },
      value: 99_990,
    });
    expect(found.get('isthmus_metrics_overflow_total')!.samples).toEqual([
      { name: 'isthmus_metrics_overflow_total', labels: { metric: 'isthmus_requests_total' }, value: 99_990 },
    ]);
  });

  it('keeps `__proto__` an ordinary label value', async () => {
    const metrics = createPrometheusMetrics();
    metrics.counter(requests)({ cluster: '__proto__', code: 'constructor' }).add();
    const { samples } = parseExposition(await metrics.expose()).get('isthmus_requests_total')!;
    expect(samples[0]!.labels).toEqual({ cluster: '__proto__', code: 'constructor' });
  });

  it('tells the memory and CPU of the process', async () => {
    const found = parseExposition(await createPrometheusMetrics().expose());
    expect(found.get('process_resident_memory_bytes')!.samples[0]!.value).toBeGreaterThan(1e6);
    expect(found.get('process_start_time_seconds')!.samples[0]!.value).toBeGreaterThan(1.5e9);
  });

  it.each([
    ['a name without prefix', { ...requests, name: 'requests_total' }],
    ['a name in capitals', { ...requests, name: 'isthmus_Requests' }],
    ['the label le', { ...requests, labels: ['le'] }],
    ['a label with a dash', { ...requests, labels: ['source-cluster'] }],
  ])('refuses to declare %s', (_what, spec) => {
    expect(() => createPrometheusMetrics().counter(spec)).toThrow(/isthmus_/);
  });

  it('gives the same series to whoever declares the metric alike, and refuses another shape', () => {
    const metrics = createPrometheusMetrics();
    const labels = { cluster: 'a', code: '1' };
    expect(metrics.counter(requests)(labels)).toBe(metrics.counter({ ...requests })(labels));
    expect(() => metrics.gauge(requests)).toThrow('two ways');
    expect(() => metrics.counter({ ...requests, labels: ['cluster'] })).toThrow('two ways');
  });
});
