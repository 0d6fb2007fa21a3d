import { expect, it } from 'vitest';
import { parseFlags } from './flags.ts';

it('reads all flags', () => {
  const argv =
    '--dir /c --listen 0.0.0.0:15443 --advertise [2001:db8::1]:443 --zone eu-1 --name g1 --admin localhost:15020 --reuse-port';
  expect(parseFlags(argv.split(' '))).toEqual({
    ok: true,
    value: {
      dir: '/c',
      listen: { host: '0.0.0.0', port: 15_443 },
      advertise: { host: '2001:db8::1', port: 443 },
      zone: 'eu-1',
      name: 'g1',
      admin: { host: 'localhost', port: 15_020 },
      reusePort: true,
    },
  });
});

it('needs the folder only', () => {
  expect(parseFlags(['--dir', '/c'])).toEqual({
    ok: true,
    value: { dir: '/c', admin: { host: '127.0.0.1', port: 0 }, reusePort: false },
  });
});

it.each([
  ['', '--dir'],
  ['--dir /c --listen 15443', '--listen'],
  ['--dir /c --listen host:65536', '--listen'],
  ['--dir /c --advertise host:', '--advertise'],
  ['--dir /c --admin ho_st:1', '--admin'],
  ['--dir /c --zone EU', '--zone'],
  ['--dir /c --name a/b', '--name'],
  ['--dir /c --unknown', 'arguments'],
  ['--dir /c extra', 'arguments'],
])('refuses %j, naming %s', (line, subject) => {
  const parsed = parseFlags(line.split(' ').filter((part) => part !== ''));
  expect(parsed.ok ? '' : [parsed.error.code, parsed.error.subject]).toEqual(['config_invalid', subject]);
});
