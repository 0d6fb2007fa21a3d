/** The demo's story, played as a newcomer plays it: real processes, real signals, an open-loop load. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';

it('plays the story within its bounds', async () => {
  const main = path.join(import.meta.dirname, '..', 'examples', 'demo', 'main.ts');
  const child = spawn(process.execPath, [main, '--story'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(printed).toContain('WHAT');
  expect(printed).not.toContain('MISSED');
  expect(code, printed).toBe(0);
});
