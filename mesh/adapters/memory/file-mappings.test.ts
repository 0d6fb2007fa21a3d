import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fileMappings } from './file-mappings.ts';

const NODE = '/usr/local/bin/node';

interface Stated {
  readonly range?: string;
  readonly permissions?: string;
  readonly name?: string;
  readonly details?: readonly string[];
}

/** As proc_pid_smaps(5) lays it out. */
function mapping({
  range = '400000-6e1000',
  permissions = 'r-xp',
  name = NODE,
  details = [],
}: Stated): string {
  const head = `${range} ${permissions} 002e1000 08:01 1186                       ${name}`;
  return [head, 'Size:               2948 kB', 'Anonymous:             0 kB', ...details].join('\n');
}

describe('the mappings of a file', () => {
  it('are those that have pages of the file alone', () => {
    const smaps = [
      mapping({ range: '400000-6e1000', permissions: 'r--p' }),
      mapping({ range: '6e1000-1f3a000' }),
      mapping({ range: '7f45af000000-7f45ced80000', name: '' }),
    ].join('\n');
    expect(fileMappings(smaps, NODE)).toEqual([
      { start: 0x400000n, end: 0x6e1000n },
      { start: 0x6e1000n, end: 0x1f3a000n },
    ]);
  });

  it.each([
    ['can be written', mapping({ permissions: 'rw-p' })],
    ['is of another file', mapping({ name: '/usr/local/bin/node-24' })],
    ['is of a file that is gone', mapping({ name: `${NODE} (deleted)` })],
    ['has no file', mapping({ name: '[heap]' })],
    ['has a page of the process', mapping({ details: ['Anonymous:             8 kB'] })],
    ['has such a page in the swap', mapping({ details: ['Swap:                  4 kB'] })],
  ])('are not one that %s', (_, smaps) => {
    expect(fileMappings(smaps, NODE)).toEqual([]);
  });

  it('are none where there is nothing to read', () => {
    expect(fileMappings('', NODE)).toEqual([]);
    expect(fileMappings('Anonymous: 0 kB\nnonsense', NODE)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('are found for the program that runs this', async () => {
    const found = fileMappings(await readFile('/proc/self/smaps', 'utf8'), process.execPath);
    expect(found.reduce((bytes, { start, end }) => bytes + (end - start), 0n)).toBeGreaterThan(20_000_000n);
  });
});
