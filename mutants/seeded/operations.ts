/** What operators see and do: metrics, logs, the admin port. */
import type { Mutant } from '../mutant.ts';

const SERIES_TABLE = {
  file: 'mesh/adapters/metrics/series-table.ts',
  test: 'mesh/adapters/metrics/prometheus-metrics.test.ts',
} as const;
const LOGGABLE = { file: 'mesh/adapters/log/loggable.ts', test: 'mesh/adapters/log/log.test.ts' } as const;
const ADMIN_ACCESS = {
  file: 'mesh/adapters/admin/admin-access.ts',
  test: 'mesh/adapters/admin/admin-server.test.ts',
} as const;
const READ_JSON = {
  file: 'mesh/adapters/admin/read-json.ts',
  test: 'mesh/adapters/admin/admin-server.test.ts',
} as const;
const ADMIN_SERVER = {
  file: 'mesh/adapters/admin/admin-server.ts',
  test: 'mesh/adapters/admin/admin-server.test.ts',
} as const;
const SUPERVISE = { file: 'cli/supervise.ts', test: 'cli/supervise.test.ts' } as const;

export const OPERATIONS: readonly Mutant[] = [
  {
    name: 'series-unbounded',
    guarantee: 'The series of a metric are bounded (S34).',
    ...SERIES_TABLE,
    replace: 'if (rows.size >= cap) return overflow();',
    by: '',
    fails: ['prometheus metrics > collapses what comes after the cap into _other and counts it (S34)'],
  },
  {
    name: 'labels-run-together',
    guarantee: 'Label values that would read alike when joined stay apart (S34).',
    ...SERIES_TABLE,
    replace: '`${value.length}:${value}`',
    by: 'value',
    fails: ['prometheus metrics > keeps label sets apart that would read alike when joined'],
  },
  {
    name: 'log-line-unescaped',
    guarantee: 'No outside text breaks a log line or acts on a terminal (S34).',
    ...LOGGABLE,
    replace: '.replace(ACTIVE,',
    by: '.replace(/[]/g,',
    fails: [
      'pino log > never writes a line break, an escape sequence or an invalid line for any value (S34)',
    ],
  },
  {
    name: 'proxy-starved-by-controllers',
    guarantee:
      'Proxies get more of a busy processor than a controller that starts beside them (docs/decisions/0020).',
    file: 'cli/kubernetes/workloads.ts',
    test: 'cli/kubernetes/workloads.test.ts',
    replace: "name === CONTROLLER ? '50m' : PROXY_CPU",
    by: "'50m'",
    fails: [
      'the pods of an installation > get more of a busy processor when they carry requests than when they control',
    ],
  },
  {
    name: 'field-poses-as-level',
    guarantee: 'No outside field poses as the level, time or text of a line (S34).',
    ...LOGGABLE,
    replace: 'RESERVED.has(plain) || ',
    by: '',
    fails: ['pino log > does not let a field pose as level, time or text'],
  },
  {
    name: 'log-value-unbounded',
    guarantee: 'A value of a log line has 256 bytes at most (S34).',
    ...LOGGABLE,
    replace: 'const VALUE_BYTES = 256',
    by: 'const VALUE_BYTES = 4096',
    fails: [
      'pino log > cuts a long string to 256 bytes',
      'pino log > cuts a long string of three-byte characters to 256 bytes',
      'pino log > cuts a long string of surrogate pairs to 256 bytes',
    ],
  },
  {
    name: 'log-depth-unbounded',
    guarantee: 'Fields of a log line are bounded in number (S34).',
    ...LOGGABLE,
    replace: 'if (count > FIELDS) break;',
    by: '',
    fails: ['pino log > bounds the number and depth of fields, also of cyclic ones'],
  },
  {
    name: 'origin-check-removed',
    guarantee: 'A page of another origin cannot use the admin port (S33).',
    ...ADMIN_ACCESS,
    replace: '(origin !== undefined && !isOwnOrigin(origin, host))',
    by: 'false',
    fails: [
      'the guarded routes (S33) > refuse a foreign origin',
      'the guarded routes (S33) > refuse the origin of a sandboxed page',
    ],
  },
  {
    name: 'rebound-host-accepted',
    guarantee: 'A name that was rebound to this machine is refused (S33).',
    ...ADMIN_ACCESS,
    replace: '!namesThisMachine(request.headers.host, host) || ',
    by: '',
    fails: [
      'the guarded routes (S33) > refuse a rebound host',
      'the guarded routes (S33) > refuse a rebound host with a port',
      'the guarded routes (S33) > refuse a host that starts as ours',
      'the guarded routes (S33) > refuse a host that ends as ours',
      'the guarded routes (S33) > refuse a host that starts as the local one',
    ],
  },
  {
    name: 'host-by-prefix',
    guarantee: 'The name of the host is compared whole (S33).',
    ...ADMIN_ACCESS,
    replace: "name === 'localhost' ||",
    by: "name.startsWith('localhost') ||",
    fails: ['the guarded routes (S33) > refuse a host that starts as the local one'],
  },
  {
    name: 'open-without-token',
    guarantee: 'Where a program has no token nobody is let in (S33).',
    ...ADMIN_ACCESS,
    replace: 'token === undefined || !isSame',
    by: 'token !== undefined && !isSame',
    fails: ['the guarded routes (S33) > are closed to all where the program has none'],
  },
  {
    name: 'token-not-compared',
    guarantee: 'The admin port needs the token (S33).',
    ...ADMIN_ACCESS,
    replace: '!isSame(tokenOf(request), token)',
    by: 'request.headers.authorization === undefined',
    fails: [
      'the guarded routes (S33) > refuse an empty token',
      'the guarded routes (S33) > refuse a wrong token',
      'the guarded routes (S33) > refuse a longer token',
      'the guarded routes (S33) > refuse another scheme',
    ],
  },
  {
    name: 'admin-body-unbounded',
    guarantee: 'A body of a request to the admin port is bounded (S33).',
    ...READ_JSON,
    replace: 'bytes > MAX_BYTES',
    by: 'false',
    fails: ['the guarded routes (S33) > refuse a body over the limit and go on'],
  },
  {
    name: 'cause-shown-outside',
    guarantee: 'The cause of a failure stays in the log (S33).',
    ...ADMIN_SERVER,
    replace: "message: 'the program could not answer; see its log'",
    by: 'message: String(cause)',
    fails: ['the guarded routes (S33) > keep the cause of a failure to the log'],
  },
  {
    name: 'retired-program-comes-back',
    guarantee: 'What was told to stop is not started again (F11).',
    ...SUPERVISE,
    replace: 'retired = true;',
    by: '',
    fails: ['a program of isthmus up > is not started again once it is retired'],
  },
  {
    name: 'stop-unbounded',
    guarantee: 'A program that does not end when it is asked is killed (F11).',
    ...SUPERVISE,
    replace: "child.kill('SIGKILL');\n  }, stopMs);",
    by: '}, stopMs);',
    fails: ['a program of isthmus up > is killed when it does not end in time'],
  },
];
