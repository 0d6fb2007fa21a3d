/** The command line as it is shipped: forms of output, exit statuses, what wrong usage is told, completion. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  freePorts,
  ROOT,
  runIsthmus,
  startIsthmus,
  until,
  type Process,
} from '../examples/demo/processes.ts';
import { SHELLS } from '../cli/output/completion.ts';
import { parseConfigFile } from '../mesh/adapters/standalone/cluster-config-file.ts';
import { REASONS } from '../mesh/model/reason.ts';

const CLI = path.join(ROOT, 'dist', 'cli', 'isthmus.js');
const KINDS = ['services', 'exports', 'imports', 'endpoints', 'policies', 'events'];

let folder: string;
let east: Process;
let place: (port: number) => string[];

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, '--dir', path.join(folder, 'east'), ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'isthmus-cli-'));
  const [gateway = 0] = await freePorts(1);
  place = (port) => [
    ...['--region', 'eu', '--zone', 'eu-1', '--gateway', `127.0.0.1:${port}`, '--allow-loopback'],
  ];
  const made = await run('init', '--mesh', 'acme', '--cluster', 'east', ...place(gateway));
  expect(made, made.stderr).toMatchObject({ code: 0, stdout: '' });
  east = startIsthmus(['--dir', path.join(folder, 'east'), 'up'], path.join(folder, 'east.log'));
  await until('a gateway of east', 30_000, async () => {
    const { stdout } = await run('status', '-o', 'json');
    const { clusters } = JSON.parse(stdout) as { clusters: { gateways: number }[] };
    return clusters[0]?.gateways === 1 ? true : undefined;
  });
});
afterAll(async () => {
  await east.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the forms of output', () => {
  it.each([['status'], ['simulate', '--down', 'east'], ...KINDS.map((kind) => ['get', kind])])(
    'are four for %s %s',
    async (...command: string[]) => {
      const print = (form: string): Promise<Ran> => run(...command, '-o', form);
      const forms = await Promise.all(['json', 'yaml', 'table', 'wide'].map(print));
      for (const { code, stderr } of forms) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [json, yaml, table, wide] = forms.map(({ stdout }) => stdout);
      const data = JSON.parse(json ?? '') as Record<string, unknown>;
      // The time of the answer is the one thing that differs between two.
      const timeless = (value: unknown): unknown => ({ ...(value as object), now: 0 });
      expect(timeless(parse(yaml ?? ''))).toEqual(timeless(data));
      expect(table).toMatch(/^[A-Z]/);
      expect(wide).toMatch(/^[A-Z]/);
    },
  );
});

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['status', '--nope']],
    ['a missing argument', ['get']],
    ['a missing option', ['token', 'create']],
    ['an unknown kind', ['get', 'nonsense']],
    ['an unknown form', ['status', '-o', 'xml']],
    ['a name that is none', ['token', 'create', '--cluster', 'West_2']],
    ['a name that is none', ['evict', 'WEST']],
    ['a route that is none', ['explain', 'web']],
    ['a service that is none', ['export', 'A_b']],
    ['a cluster that is none', ['forget', 'B_']],
    ['too long a life', ['token', 'create', '--cluster', 'west', '--ttl', '901']],
    ['an address that is none', ['init', '--mesh', 'a', '--cluster', 'b', ...wrongPlace()]],
    ['a workload that is none', ['run', '--service', 'X_', '--', 'true']],
  ])('%s is told and ends with status 2', async (_what, args) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .{10}/);
  });

  it.each([
    ['a service that is not there', ['export', 'cart', '-n', 'shop'], 'not_found'],
    ['a cluster that is not there', ['evict', 'nobody'], 'not_found'],
    ['the own name', ['token', 'create', '--cluster', 'east'], 'cluster_name_taken'],
    ['what is no token', ['join', 'abc', ...wrongPlace('127.0.0.1:1')], 'token_invalid'],
    ['a folder that holds a cluster', initAgain(), 'already_exists'],
  ])('%s fails with status 1 and a reason code', async (_what, args, reason) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error: .*\\[${reason}\\]\n$`));
  });

  function wrongPlace(gateway = 'nowhere'): string[] {
    return ['--region', 'eu', '--zone', 'eu-1', '--gateway', gateway];
  }
  function initAgain(): string[] {
    return ['init', '--mesh', 'acme', '--cluster', 'east', ...wrongPlace('127.0.0.1:1')];
  }
});

it('explains every reason code, and lists them', async () => {
  const { stdout } = await run('help', 'codes');
  const listed = stdout.split('\n').map((line) => line.split(' ', 1)[0]);
  expect(listed.slice(1, -1)).toEqual(Object.keys(REASONS));
  expect((await run('help', 'token_used')).stdout).toMatch(/^token_used: /);
  expect((await run('help', 'nothing_such')).code).toBe(1);
});

it('writes a cluster.yaml that can be read again, for who founds and for who joins', async () => {
  const token = (await run('token', 'create', '--cluster', 'west')).stdout.trim();
  const west = path.join(folder, 'west');
  const [gateway = 0] = await freePorts(1);
  await runIsthmus(['--dir', west, 'join', token, ...place(gateway)]);
  for (const name of ['east', 'west']) {
    const config = parseConfigFile(path.join(folder, name, 'cluster.yaml'));
    expect(config).toMatchObject({ ok: true, value: { mesh: 'acme', cluster: name } });
  }
});

describe('completion', () => {
  const [bash, zsh, fish] = SHELLS;
  const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

  it.each([
    [['st'], 'status'],
    [['--dir', 'east', 'st'], 'status'],
    [['--dir', 'east', 'get', 'e'], 'exports endpoints events'],
    [['token', 'c'], 'create'],
    [['token', 'create', '--cl'], '--cluster'],
    [['status', '--c'], '--context'],
    [['status', '-o', 'y'], 'yaml'],
    [['completion', 'z'], 'zsh'],
  ])('of bash completes %j', async (words, completed) => {
    const { stdout: script } = await run('completion', bash);
    const ask = `COMP_WORDS=(isthmus ${words.join(' ')}); COMP_CWORD=${words.length}; _isthmus; echo "\${COMPREPLY[*]}"`;
    const { stdout, stderr } = spawnSync(bash, ['-c', `${script}\n${ask}`], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: `${completed}\n`, stderr: '' });
  });

  for (const shell of SHELLS.filter((name) => !has(name)))
    process.stdout.write(`Left out: completion of ${shell}, which is not installed here.\n`);

  it.each(SHELLS.filter(has))('is a script that %s takes', async (shell) => {
    const { stdout: script } = await run('completion', shell);
    const first = shell === zsh ? 'autoload -U compinit; compinit -D\n' : '';
    const { status, stderr } = spawnSync(shell, ['-c', first + script], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.runIf(has(fish))('of fish completes below a command, after options too', async () => {
    const { stdout: script } = await run('completion', fish);
    const ask = `${script}\ncomplete -C 'isthmus --dir east token create --cl'`;
    const { stdout } = spawnSync(fish, ['-c', ask], { encoding: 'utf8' });
    expect(stdout).toBe('--cluster\tname of the cluster that will join\n');
  });
});

it('names the API server that it cannot reach, and leaves nothing half done', async () => {
  const [closed = 0] = await freePorts(1);
  const dir = path.join(folder, 'north');
  const kubeconfig = path.join(folder, 'kubeconfig');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${closed}` } }],
      ...{
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      },
    }),
  );
  const named = ['--kubeconfig', kubeconfig, 'init', '--mesh', 'other'];
  await expect(runIsthmus(['--dir', dir, ...named])).rejects.toThrow(
    `API server /version: connect ECONNREFUSED 127.0.0.1:${closed}  [unavailable]`,
  );
  expect(existsSync(dir)).toBe(false);
});
