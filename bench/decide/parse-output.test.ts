import { describe, expect, test } from 'vitest';
import { parseCpuTicks, parseRssBytes, parseVersion, parseWrk } from './parse-output.ts';

const WRK = `Running 2s test @ http://127.0.0.1:8080/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   595.72us  181.31us   4.86ms   86.55%
    Req/Sec    53.42k     2.90k   57.67k    80.00%
  106422 requests in 2.00s, 118.15MB read
Requests/sec:  53187.02
Transfer/sec:     59.05MB
`;
const FAILED = `  10 requests in 2.00s, 1.15KB read
  Socket errors: connect 1, read 20, write 300, timeout 4000
  Non-2xx or 3xx responses: 7
Requests/sec:      5.00
Transfer/sec:      0.59KB
`;

describe('parseWrk', () => {
  test('a clean run', () => expect(parseWrk(WRK)).toEqual({ requestsPerSecond: 53187.02, failures: 0 }));
  test('counts all that failed', () =>
    expect(parseWrk(FAILED)).toEqual({ requestsPerSecond: 5, failures: 4328 }));
  test('what did not run', () => expect(parseWrk('unable to connect to 127.0.0.1:1')).toBeUndefined());
});

describe('/proc', () => {
  test('CPU ticks are utime and stime (fields 14 and 15), whatever the name of the program', () => {
    const after = 'S 1 2 3 4 5 6 7 8 9 10 250 31 0 0 20 0 11';
    expect(parseCpuTicks(`4711 (node) ${after}`)).toBe(281);
    expect(parseCpuTicks(`4711 (a (b) c) ${after}`)).toBe(281);
  });

  test('RSS', () => {
    expect(parseRssBytes('Name:\tnode\nVmHWM:\t  99999 kB\nVmRSS:\t   65536 kB\nRssAnon:\t 1 kB\n')).toBe(
      67_108_864,
    );
  });
});

test.each([
  ['nginx version: nginx/1.22.1\n', '1.22.1'],
  ['HAProxy version 2.6.12-1+deb12u2 2025/04/29 - https://haproxy.org/\n', '2.6.12'],
  [
    '/usr/bin/envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL',
    '1.40.0',
  ],
  ['', 'unknown'],
])('the version in %j is %s', (output, version) => expect(parseVersion(output)).toBe(version));
