import { describe, expect, it } from 'vitest';
import { createPrometheusMetrics } from './prometheus-metrics.ts';

describe('createPrometheusMetrics', () => {
  it('exposes counters, gauges and cumulative histograms with escaped labels', async () => {
    const metrics = createPrometheusMetrics();
    const requests = metrics.counter({ name: 'isthmus_requests_total', help: 'Requests.', labels: ['code'] });
    requests({ code: '200' }).add();
    requests({ code: '200' }).add(2);
    metrics
      .gauge({ name: 'isthmus_open', help: 'Open.', labels: ['to'] })({ to: 'a"b\n' })
      .set(7);
    const took = metrics.histogram({
      name: 'isthmus_took_seconds',
      help: 'Took.',
      labels: [],
      buckets: [0.1, 1],
    })({});
    for (const value of [0.1, 0.5, 9]) took.observe(value);
    const lines = (await metrics.expose()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE isthmus_requests_total counter',
        'isthmus_requests_total{code="200"} 3',
        'isthmus_open{to="a\\"b\\n"} 7',
        'isthmus_took_seconds_bucket{le="0.1"} 1',
        'isthmus_took_seconds_bucket{le="1"} 2',
        'isthmus_took_seconds_bucket{le="+Inf"} 3',
        'isthmus_took_seconds_sum 9.6',
        'isthmus_took_seconds_count 3',
      ]),
    );
  });

  it('bounds the series of a metric (S34)', async () => {
    const metrics = createPrometheusMetrics();
    const hits = metrics.counter({ name: 'hits_total', help: 'Hits.', labels: ['host'] });
    for (let i = 0; i < 6000; i++) hits({ host: `host-${i}` }).add();
    const text = await metrics.expose();
    expect(text.match(/^hits_total\{/gm)).toHaveLength(5001);
    expect(text).toContain('hits_total{host="_other"} 1000');
  });
});
